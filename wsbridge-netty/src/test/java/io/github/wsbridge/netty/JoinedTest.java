package io.github.wsbridge.netty;

import org.junit.jupiter.api.BeforeEach;

/** On one node. */
class JoinedTest extends JoinedTests {

    @BeforeEach
    void up() throws Exception {
        cluster = new NettyCluster(1);
    }
}
