package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Bridges of two Netty legs that are joined below fragments, as seen by the two ends. */
@Execution(ExecutionMode.CONCURRENT)
abstract class JoinedTests extends JoinedFlow {

    @Test
    void halfAFrame_sourceVanishes_otherEndIsClosedProperly() throws Exception {
        for (boolean reset : new boolean[] {false, true}) {
            try (NettyCluster.Ends ends = cluster.join()) {
                warm(ends);
                byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, bytes(100_000));
                ends.requester().writeRaw(Arrays.copyOf(frame, 50_000));
                int got = 0;
                while (got < 50_000 - FrameTranslator.PIECE) { // a smaller piece waits for more
                    Frame piece = next(ends.device());
                    assertThat(piece.last()).isFalse();
                    got += piece.payload().length;
                }
                if (reset) {
                    ends.requester().reset();
                } else {
                    ends.requester().close();
                }
                Frame end = next(ends.device());
                while (end.opcode() != 8) {
                    got += end.payload().length;
                    end = next(ends.device());
                }
                assertThat(end.closeCode()).isEqualTo(4000);
                ends.device().writeClose(4000, "");
                assertThat(ends.device().ended()).isTrue();
            }
        }
    }

    @Test
    void frameInSmallWrites_arrivesInFewFrames() throws Exception {
        byte[] payload = bytes(64 * 1024);
        try (NettyCluster.Ends ends = cluster.join()) {
            assumeFalse(ends.requester().secure(), "with TLS, pieces are not gathered");
            warm(ends);
            byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, payload);
            CompletableFuture<Void> sending = inBackground(() -> {
                for (int at = 0; at < frame.length; at += 64) {
                    ends.requester().writeRaw(Arrays.copyOfRange(frame, at, Math.min(frame.length, at + 64)));
                }
            });
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            int frames = 0;
            boolean last = false;
            while (!last) {
                Frame next = next(ends.device());
                received.writeBytes(next.payload());
                frames++;
                last = next.last();
            }
            assertThat(received.toByteArray()).isEqualTo(payload);
            // One more, since the header counts for the size of the first.
            assertThat(frames).isLessThanOrEqualTo(payload.length / FrameTranslator.PIECE + 1);
            sending.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void violation_inATransfer_endsTheOffenderWith1002AndTheOtherEndWith4000() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            warm(ends);
            ends.requester().write(RawWebSocket.TEXT, true, "good");
            ends.requester().writeRaw(new byte[] {(byte) 0xF2, (byte) 0x80, 1, 2, 3, 4});
            assertThat(next(ends.device()).text()).isEqualTo("good");
            Frame end = next(ends.device());
            assertThat(end.closeCode()).isEqualTo(4000);
            assertThat(next(ends.requester()).closeCode()).isEqualTo(1002);
            assertThat(ends.requester().ended()).isTrue();
        }
    }

    @Test
    void close_afterMuchData_comesLast() throws Exception {
        int size = 3_000_000;
        for (boolean back : new boolean[] {false, true}) {
            try (NettyCluster.Ends ends = cluster.join()) {
                warm(ends);
                RawWebSocket from = back ? ends.device() : ends.requester();
                RawWebSocket to = back ? ends.requester() : ends.device();
                CompletableFuture<Void> sending = inBackground(() -> {
                    from.write(RawWebSocket.BINARY, true, bytes(size));
                    from.writeClose(4321, "that was all");
                    if (!from.secure()) { // TLS may end the other direction in response
                        from.shutdownOutput();
                    }
                });
                await().pollDelay(Duration.ofMillis(200)).until(() -> true);
                assertThat(message(to, 2)).isEqualTo(bytes(size));
                Frame end = next(to);
                assertThat(end.closeCode()).isEqualTo(4321);
                assertThat(end.text()).isEqualTo("that was all");
                to.writeClose(4321, "");
                assertThat(to.ended()).isTrue();
                sending.get(20, TimeUnit.SECONDS);
                assertThat(next(from).closeCode()).isEqualTo(4321);
            }
        }
    }

    @Test
    void stalledReaderCloses_heldSenderIsNotified() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            warm(ends);
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = inBackground(() -> Backpressure.flood(ends.requester(), sent));
            await().until(() -> Backpressure.stalled(sent));
            ends.device().writeClose(4777, "enough");
            Frame end = next(ends.requester());
            while (end.opcode() != 8) {
                end = next(ends.requester());
            }
            assertThat(end.closeCode()).isEqualTo(4777);
            ends.requester().close();
            flooding.exceptionally(broken -> null).get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void heldSenderVanishes_nothingIsLeft() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            assumeFalse(ends.requester().secure()); // a TLS socket cannot be closed while it writes
            warm(ends);
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = inBackground(() -> Backpressure.flood(ends.requester(), sent));
            await().until(() -> Backpressure.stalled(sent));
            ends.requester().reset();
            flooding.exceptionally(broken -> null).get(20, TimeUnit.SECONDS);
            Frame end = next(ends.device());
            while (end.opcode() != 8) {
                end = next(ends.device());
            }
            assertThat(end.closeCode()).isEqualTo(4000);
        }
    }

    @Test
    void bothEndsCloseAtOnce_bridgeEnds() throws Exception {
        for (int i = 0; i < 30; i++) {
            try (NettyCluster.Ends ends = cluster.join()) {
                if (i % 2 == 0) {
                    warm(ends);
                }
                CyclicBarrier start = new CyclicBarrier(2);
                CompletableFuture<Void> other = inBackground(() -> {
                    start.await();
                    ends.device().writeClose(4002, "device");
                });
                start.await();
                ends.requester().writeClose(4001, "requester");
                other.get(20, TimeUnit.SECONDS);
                assertThat(endOf(ends.requester()).closeCode()).isIn(4001, 4002);
                assertThat(endOf(ends.device()).closeCode()).isIn(4001, 4002, 4410); // 4410 if it came too late
            }
        }
    }

    @Test
    void anyEnd_whileTheLegsAreJoined_leavesNothing() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < 150; i++) {
            RawWebSocket requester = cluster.request();
            int what = i % 6;
            int pause = random.nextInt(300_000);
            CompletableFuture<Void> ending = inBackground(() -> {
                long until = System.nanoTime() + pause;
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                switch (what) {
                    case 0 -> requester.reset();
                    case 1 -> requester.writeClose(4001, "x");
                    case 2 -> requester.close();
                    case 3 -> requester.writeRaw(new byte[] {(byte) 0xFF, 0, 0, 0});
                    case 4 -> requester.writeRaw(RawWebSocket.frame(RawWebSocket.PING, true, true, new byte[9]));
                    default -> {
                        requester.write(RawWebSocket.BINARY, true, new byte[20_000]);
                        requester.writeClose(4002, "");
                    }
                }
            });
            try (RawWebSocket device = cluster.accept(cluster.nodes.size() - 1)) {
                if (i % 7 == 0) {
                    device.reset();
                } else if (i % 7 < 4) {
                    device.write(RawWebSocket.TEXT, true, "hello");
                    device.writeClose(4005, "done");
                }
                ending.get(20, TimeUnit.SECONDS);
                if (what == 5 && i % 7 >= 4) {
                    assertThat(endOf(device).closeCode()).isEqualTo(4002);
                }
            }
            requester.close();
        }
    }
}
