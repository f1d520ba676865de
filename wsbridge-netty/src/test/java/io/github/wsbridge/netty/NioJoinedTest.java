package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** On one node without epoll. */
@Tag("system")
class NioJoinedTest extends JoinedTests {

    @BeforeEach
    void up() throws Exception {
        synchronized (NioJoinedTest.class) { // the tests run concurrently, and the property is that of all
            System.setProperty(Loops.NO_EPOLL, "true");
            try {
                cluster = new NettyCluster(1);
            } finally {
                System.clearProperty(Loops.NO_EPOLL);
            }
        }
    }

    @Test
    void legs_useNio() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            assertThat(ends.deviceLeg().channel()).isInstanceOf(NioSocketChannel.class);
        }
    }
}
