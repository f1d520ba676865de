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

    @Test
    void dataThatADeadHostDoesNotAcknowledge_isWaiting() {
        assertThat(TcpState.unacknowledged(1, 0, 15_200, 40_700)).isEqualTo(Duration.ofMillis(40_700));
    }

    /** The kernel sends it again after 51.2 s, or up to an eighth of that later. */
    @Test
    void dataThatAStalledHostHasAcknowledgedButDropped_isNotWaiting_howeverLateItIsSentAgain() {
        for (long since : new long[] {2_000, 40_000, 51_200, 57_000}) {
            assertThat(TcpState.unacknowledged(10, 0, since, since)).isEqualTo(Duration.ZERO);
            assertThat(TcpState.unacknowledged(10, 0, since + 4, since)).isEqualTo(Duration.ZERO);
        }
        assertThat(TcpState.unacknowledged(10, 0, 40, 53_000)).isEqualTo(Duration.ZERO); // its answer is under way
    }

    @Test
    void unansweredProbes_areWaiting_butNotASingleOne() {
        assertThat(TcpState.unacknowledged(0, 2, 90_000, 50_000)).isEqualTo(Duration.ofSeconds(50));
        assertThat(TcpState.unacknowledged(0, 1, 90_000, 50_000)).isEqualTo(Duration.ZERO);
        assertThat(TcpState.unacknowledged(0, 0, 90_000, 50_000)).isEqualTo(Duration.ZERO);
    }
}
