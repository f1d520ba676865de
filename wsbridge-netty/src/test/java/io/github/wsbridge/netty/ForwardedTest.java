package io.github.wsbridge.netty;

import org.junit.jupiter.api.BeforeEach;

/** With the device on another node, which forwards. */
class ForwardedTest extends JoinedTests {

    @BeforeEach
    void up() throws Exception {
        cluster = new NettyCluster(2);
    }
}
