package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TcpStateTest {

    private interface Check {
        void on(Channel channel) throws Exception;
    }

    /** Runs a check with a connection over the loopback interface. */
    private static void connected(Check check) throws Exception {
        assumeTrue(Epoll.isAvailable(), "Linux");
        try (Loops loops = new Loops("test", 1)) {
            CompletableFuture<Channel> accepted = new CompletableFuture<>();
            Channel server = new ServerBootstrap()
                    .group(loops.group())
                    .channel(loops.serverChannel())
                    .handler(new ChannelInboundHandlerAdapter())
                    .childHandler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void handlerAdded(ChannelHandlerContext context) {
                            accepted.complete(context.channel());
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) server.localAddress()).getPort();
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(client.isConnected()).isTrue();
                check.on(accepted.get(10, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void unacknowledged_withNothingUnderWay_isZero() throws Exception {
        connected(channel -> assertThat(TcpState.unacknowledged(channel)).isEqualTo(Duration.ZERO));
    }

    @Test
    void ofAChannelThatIsNoSocketOrClosed_isNothing() throws Exception {
        EmbeddedChannel other = new EmbeddedChannel();
        assertThat(TcpState.unacknowledged(other)).isEqualTo(Duration.ZERO);
        connected(channel -> {
            channel.close().sync();
            assertThat(TcpState.unacknowledged(channel)).isEqualTo(Duration.ZERO);
        });
    }
}
