package io.github.wsbridge.netty;

import io.github.wsbridge.testkit.transport.TestKeys;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** Over the JDK's TLS. */
@Tag("system") // mostly waits
class TlsJoinedTest extends JoinedTests {

    private static TestKeys keys;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.shared();
    }

    @BeforeEach
    void up() throws Exception {
        cluster = new NettyCluster(1, node -> {}, server -> server.tls(keys.context()))
                .sockets(keys.context().getSocketFactory());
    }
}
