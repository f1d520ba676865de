package io.github.wsbridge.netty;

import io.github.wsbridge.core.servers.TestKeys;
import org.junit.jupiter.api.BeforeEach;

/** Over TLS by the JDK. */
class TlsJoinedTest extends JoinedTests {

    @BeforeEach
    void up() throws Exception {
        TestKeys keys = TestKeys.create();
        house = new House(1, node -> {}, server -> server.tls(keys.context()))
                .sockets(keys.context().getSocketFactory());
    }
}
