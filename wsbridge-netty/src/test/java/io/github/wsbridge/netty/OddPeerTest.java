package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.github.wsbridge.testkit.transport.FakeDoor;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A leg whose peer misbehaves, or whose server is closed. */
@Timeout(60)
class OddPeerTest {

    private static final int PINGS = 1_000;

    final FakeDoor door = new FakeDoor();
    private NettyBridgeServer server;
    private RawWebSocket peer;
    private RecordingReceiver receiver;

    @BeforeEach
    void start() throws Exception {
        server = server();
        peer = RawWebSocket.open(server.address().getPort(), "/bridge/connect?deviceId=d");
        receiver = door.takeEnd();
    }

    NettyBridgeServer server() throws Exception {
        NettyBridgeServer bound = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .threads(1)
                .bind();
        bound.serve(door);
        return bound;
    }

    @AfterEach
    void stop() throws Exception {
        peer.close();
        server.close();
    }

    private NettyLeg leg() {
        return (NettyLeg) receiver.leg();
    }

    /** Blocks the leg's thread, so that it then sees everything that the peer does meanwhile at once. */
    private CountDownLatch hold() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        leg().channel().eventLoop().execute(() -> {
            held.countDown();
            try {
                release.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(held.await(30, TimeUnit.SECONDS)).isTrue();
        return release;
    }

    /** Waits until the leg's connection has ended, if that can be noticed without reading. */
    private void awaitConnectionEnd() throws Exception {
        if (!(leg().channel() instanceof EpollSocketChannel)) {
            return;
        }
        leg().channel().closeFuture().get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        CountDownLatch told = new CountDownLatch(1);
        leg().run(told::countDown); // after the leg has processed it
        assertThat(told.await(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void pingThenReset_isTheEnd() throws Exception {
        receiver.demand();
        CountDownLatch release = hold();
        peer.write(RawWebSocket.PING, true, "x");
        peer.reset();
        release.countDown();
        assertThat(receiver.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void properEndWhileOutputWaits_losesNothing() throws Exception {
        Backpressure.sendUntilStuck(receiver.leg());
        CountDownLatch release = hold();
        peer.write(RawWebSocket.TEXT, true, "one");
        peer.write(RawWebSocket.TEXT, true, "two");
        peer.writeClose(1000, "done");
        peer.shutdownOutput();
        release.countDown();
        assertThat(receiver.nextText()).isEqualTo("one");
        assertThat(receiver.nextText()).isEqualTo("two");
        receiver.demand();
        assertThat(receiver.awaitClosed()).isEqualTo(new CloseReason(1000, "done"));
    }

    @Test
    void abortAfterThePeerHasGone_isTheEnd() throws Exception {
        CountDownLatch release = hold();
        peer.write(RawWebSocket.TEXT, true, "unread");
        peer.close();
        release.countDown();
        awaitConnectionEnd();
        assertThat(receiver.closed()).isNull(); // since data waits for demand
        receiver.leg().abort();
        assertThat(receiver.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void serverThatCloses_endsLegsWithUnreadData() throws Exception {
        CountDownLatch release = hold();
        peer.write(RawWebSocket.TEXT, true, "unread");
        release.countDown();
        server.close();
        assertThat(receiver.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void openedAfterTheServerHasClosed_reportsTheEnd() throws Exception {
        RawWebSocket second = RawWebSocket.open(server.address().getPort(), "/bridge/connect?deviceId=d");
        var late = door.takeLeg();
        assertThat(late).isNotNull();
        server.close();
        second.close();
        assertThat(new RecordingReceiver(late).open().awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void doorThrowsOnTheOpenLeg_dropsTheConnection() throws Exception {
        door.answers(handshake -> CompletableFuture.completedFuture(new Admission.Granted("", opened -> {
            throw new IllegalStateException("broken on purpose");
        })));
        try (RawWebSocket refused = RawWebSocket.open(server.address().getPort(), "/bridge/connect?deviceId=d")) {
            assertThat(refused.broken()).isTrue();
        }
    }

    @Test
    void pings_areAnsweredTogether() throws Exception {
        AtomicInteger flushes = new AtomicInteger();
        leg().channel().pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void flush(ChannelHandlerContext context) {
                flushes.incrementAndGet();
                context.flush();
            }
        });
        byte[] ping = RawWebSocket.frame(RawWebSocket.PING, true, true, new byte[0]);
        byte[] pings = new byte[PINGS * ping.length];
        for (int at = 0; at < pings.length; at += ping.length) {
            System.arraycopy(ping, 0, pings, at, ping.length);
        }
        CountDownLatch release = hold();
        peer.writeRaw(pings);
        release.countDown();
        for (int i = 0; i < PINGS; i++) {
            assertThat(peer.read().opcode()).isEqualTo(0xA);
        }
        assertThat(flushes.get()).isLessThan(PINGS / 20);
    }
}
