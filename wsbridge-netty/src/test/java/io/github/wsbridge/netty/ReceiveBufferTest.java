package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.StreamTransport;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReceiveBufferTest {

    private static final long FLOWING = 128L << 20;

    /** Receives at full speed, and stalls in the end. */
    private record Stalling(Leg leg, long[] received, CompletableFuture<Void> stalled) implements Leg.Receiver {
        @Override
        public void onFragment(Fragment fragment) {
            received[0] += fragment.payload().remaining();
            if (received[0] < FLOWING) {
                leg.demand();
            } else {
                stalled.complete(null);
            }
        }

        @Override
        public void onClosed(CloseReason reason) {
            stalled.completeExceptionally(new IOException("closed: " + reason));
        }
    }

    private static void flood(Socket client) {
        byte[] much = new byte[1 << 20];
        try {
            OutputStream out = client.getOutputStream();
            while (true) {
                out.write(much);
            }
        } catch (IOException e) {
            // the end of the test
        }
    }

    @Test
    void stalledAfterAFastFlow_kernelHoldsLittle() throws Exception {
        assumeTrue(Epoll.isAvailable(), "only with epoll");
        String[] kernel = System.getProperty("os.version").split("\\D+");
        int version = 1000 * Integer.parseInt(kernel[0]) + Integer.parseInt(kernel[1]);
        assumeTrue(version >= 5015, "SO_BUF_LOCK is in Linux 5.15 and later");
        try (NettyConnector connector = NettyConnector.builder().threads(1).build();
                Socket client = new Socket()) {
            CompletableFuture<Leg> accepted = new CompletableFuture<>();
            StreamTransport.Listening listening = connector
                    .streams()
                    .listen(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                            new StreamTransport.Limits(5, 5),
                            (leg, peer) -> accepted.complete(leg));
            client.connect(listening.address());
            Leg leg = accepted.get(20, TimeUnit.SECONDS);
            Stalling receiver = new Stalling(leg, new long[1], new CompletableFuture<>());
            leg.open(receiver);
            leg.demand();
            Thread flood = new Thread(() -> flood(client));
            flood.setDaemon(true);
            flood.start();
            receiver.stalled().get(50, TimeUnit.SECONDS);
            EpollSocketChannel channel = (EpollSocketChannel) ((ChannelLeg) leg).channel();
            // By itself, the kernel gets to a megabyte and more.
            assertThat(channel.config().getReceiveBufferSize()).isLessThan(3 * ReceiveBuffer.LEAST_BYTES);
            leg.abort();
            listening.close();
        }
    }
}
