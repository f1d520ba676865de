package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Connector;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Without epoll, as on systems other than Linux. */
@Tag("system")
class NioLegTest extends NettyLegTest {

    @Override
    protected int start() throws Exception {
        System.setProperty(Loops.NO_EPOLL, "true");
        try {
            return super.start();
        } finally {
            System.clearProperty(Loops.NO_EPOLL);
        }
    }

    @Override
    protected Connector connector() {
        System.setProperty(Loops.NO_EPOLL, "true");
        try {
            return super.connector();
        } finally {
            System.clearProperty(Loops.NO_EPOLL);
        }
    }

    @Test
    void legs_useNio() throws Exception {
        var pair = connect("");
        assertThat(((NettyLeg) pair.near()).channel()).isInstanceOf(NioSocketChannel.class);
        assertThat(((NettyLeg) pair.far()).channel()).isInstanceOf(NioSocketChannel.class);
        pair.near().abort();
    }
}
