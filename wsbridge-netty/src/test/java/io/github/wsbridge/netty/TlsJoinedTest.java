package io.github.wsbridge.netty;

import io.github.wsbridge.testkit.transport.TestKeys;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Over the JDK's TLS. */
class TlsJoinedTest extends JoinedTests {

    private static TestKeys keys;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.create();
    }

    @BeforeEach
    void up() throws Exception {
        cluster = new NettyCluster(1, node -> {}, server -> server.tls(keys.context()))
                .sockets(keys.context().getSocketFactory());
    }
}
