package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The part of {@link JoinedTests} about data and flow control. */
abstract class JoinedFlow extends JoinedFixture {

    private static final byte[] KEY = {1, 2, 3, 4};

    @Test
    void join_bothDirections_isBelowFragmentsAndOnOneLoop() throws Exception {
        for (int i = 0; i < 4; i++) {
            try (NettyCluster.Ends ends = cluster.join()) {
                warm(ends);
                assertThat(ends.deviceLeg().channel().eventLoop())
                        .isSameAs(ends.requesterLeg().channel().eventLoop());
                await().atMost(NettyCluster.PATIENCE)
                        .until(() -> ends.acceptingLeg().passesOn()); // also if forwarding
            }
        }
    }

    @Test
    void messages_ofAllSizesBothWays_arriveUnchanged() throws Exception {
        int[] sizes = {0, 1, 2, 7, 8, 125, 126, 127, 0, 1_000, 16_384, 65_535, 65_536, 65_537, 1 << 20, 3, 5_000_000};
        try (NettyCluster.Ends ends = cluster.join()) {
            for (boolean back : new boolean[] {false, true, false}) {
                RawWebSocket from = back ? ends.device() : ends.requester();
                RawWebSocket to = back ? ends.requester() : ends.device();
                CompletableFuture<Void> sending = inBackground(() -> {
                    for (int size : sizes) {
                        from.write(size % 2 == 0 ? RawWebSocket.BINARY : RawWebSocket.TEXT, true, bytes(size));
                        from.write(RawWebSocket.PONG, true, "a pong that nobody asked for");
                    }
                });
                for (int size : sizes) {
                    assertThat(message(to, size % 2 == 0 ? 2 : 1)).isEqualTo(bytes(size));
                }
                sending.get(20, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void counts_ofABridge_areThePayloadThatHasPassed() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            warm(ends);
            Bridge bridge = cluster.joined;
            counts(bridge, 7, 7); // "hello", "so" and "welcome", partly as fragments
            long toDevice = 7;
            for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536}) { // all header lengths
                ends.requester().write(RawWebSocket.BINARY, true, bytes(size));
                assertThat(message(ends.device(), 2)).isEqualTo(bytes(size));
                toDevice += size;
            }
            counts(bridge, toDevice, 7);
            ends.requester().write(RawWebSocket.PONG, true, "a pong that nobody asked for");
            ends.requester().write(RawWebSocket.PING, true, "control frames do not count");
            assertThat(next(ends.requester()).opcode()).isEqualTo(0xA);
            counts(bridge, toDevice, 7);
            byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, bytes(100_000));
            ends.requester().writeRaw(Arrays.copyOf(frame, 14 + 40_000));
            long most = toDevice + 40_000; // also incomplete frames, but not their last small piece
            await().atMost(NettyCluster.PATIENCE)
                    .until(() -> NettyCluster.Counts.of(bridge).toDevice() > most - FrameTranslator.PIECE);
            assertThat(NettyCluster.Counts.of(bridge).toDevice()).isLessThanOrEqualTo(most);
            ends.requester().writeRaw(Arrays.copyOfRange(frame, 14 + 40_000, frame.length));
            assertThat(message(ends.device(), 2)).isEqualTo(bytes(100_000));
            counts(bridge, toDevice + 100_000, 7);
            ends.device().write(RawWebSocket.TEXT, true, "the other way".repeat(1_000));
            assertThat(message(ends.requester(), 1)).hasSize(13_000);
            counts(bridge, toDevice + 100_000, 13_007);
            ends.device().write(RawWebSocket.BINARY, true, bytes(50_000));
            ends.device().writeClose(4321, "behind the last of it");
            assertThat(message(ends.requester(), 2)).isEqualTo(bytes(50_000));
            assertThat(next(ends.requester()).closeCode()).isEqualTo(4321);
            ends.requester().writeClose(4321, "");
            await().atMost(NettyCluster.PATIENCE).until(() -> cluster.ended != null);
            assertThat(cluster.ended).isEqualTo(new NettyCluster.Counts(toDevice + 100_000, 63_007));
            counts(bridge, toDevice + 100_000, 63_007); // also afterwards
        }
    }

    /** Waits for the counts, which are updated shortly after the bytes are sent. */
    private static void counts(Bridge bridge, long toDevice, long toRequester) {
        NettyCluster.Counts counts = new NettyCluster.Counts(toDevice, toRequester);
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(NettyCluster.PATIENCE)
                .untilAsserted(() -> assertThat(NettyCluster.Counts.of(bridge)).isEqualTo(counts));
    }

    @Test
    void randomFramesInRandomPieces_arriveUnchanged() throws Exception {
        Random random = new Random(7);
        try (NettyCluster.Ends ends = cluster.join()) {
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            int messages = 300;
            for (int i = 0; i < messages; i++) {
                int parts = 1 + random.nextInt(4);
                for (int part = 0; part < parts; part++) {
                    byte[] payload = bytes(random.nextInt(random.nextInt(10) == 0 ? 100_000 : 200));
                    content.writeBytes(payload);
                    int opcode = part == 0 ? RawWebSocket.BINARY : RawWebSocket.CONTINUATION;
                    byte[] key = new byte[4];
                    random.nextBytes(key);
                    wire.writeBytes(RawWebSocket.frame(opcode, part == parts - 1, key, payload));
                    if (random.nextInt(5) == 0) {
                        wire.writeBytes(RawWebSocket.frame(RawWebSocket.PING, true, key, bytes(random.nextInt(126))));
                    }
                }
            }
            byte[] all = wire.toByteArray();
            CompletableFuture<Void> sending = inBackground(() -> {
                for (int at = 0; at < all.length; ) {
                    int piece = Math.min(all.length - at, 1 + random.nextInt(random.nextBoolean() ? 20 : 100_000));
                    ends.requester().writeRaw(Arrays.copyOfRange(all, at, at + piece));
                    at += piece;
                }
            });
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            for (int i = 0; i < messages; i++) {
                got.writeBytes(message(ends.device(), 2));
            }
            sending.get(20, TimeUnit.SECONDS);
            assertThat(got.toByteArray()).isEqualTo(content.toByteArray());
        }
    }

    @Test
    void framesBeforeTheAccept_ofEveryKind_arrive() throws Exception {
        RawWebSocket requester = cluster.request();
        cluster.leg();
        requester.write(RawWebSocket.BINARY, true, new byte[0]);
        requester.write(RawWebSocket.TEXT, false, "first ");
        requester.write(RawWebSocket.CONTINUATION, true, "half");
        byte[] cut = RawWebSocket.frame(RawWebSocket.BINARY, true, true, bytes(30_000));
        requester.writeRaw(Arrays.copyOf(cut, 10_000));
        try (RawWebSocket device = cluster.accept(cluster.nodes.size() - 1)) {
            assertThat(message(device, 2)).isEmpty();
            assertThat(message(device, 1)).isEqualTo("first half".getBytes(StandardCharsets.UTF_8));
            inBackground(() -> {
                requester.writeRaw(Arrays.copyOfRange(cut, 10_000, cut.length));
                requester.write(RawWebSocket.BINARY, true, new byte[0]);
            });
            assertThat(message(device, 2)).isEqualTo(bytes(30_000));
            assertThat(message(device, 2)).isEmpty();
            requester.close();
        }
    }

    @Test
    void ping_duringAHugeFrame_isAnsweredAndTheFrameContinues() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            warm(ends);
            byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, bytes(100_000));
            ends.requester().writeRaw(Arrays.copyOf(frame, 50_000));
            next(ends.device());
            ends.device().write(RawWebSocket.PING, true, "there?");
            Frame answer = next(ends.device());
            while (answer.opcode() != 0xA) {
                assertThat(answer.opcode()).isZero();
                answer = next(ends.device());
            }
            assertThat(answer.text()).isEqualTo("there?");
            ends.requester().writeRaw(Arrays.copyOfRange(frame, 50_000, frame.length));
            Frame last = next(ends.device());
            while (!last.last()) {
                last = next(ends.device());
            }
            ends.device().write(RawWebSocket.TEXT, true, "got it");
            assertThat(next(ends.requester()).text()).isEqualTo("got it");
        }
    }

    @Test
    void stalledReader_holdsTheSenderBack_andContinues() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            warm(ends);
            AtomicLong sent = new AtomicLong();
            inBackground(() -> Backpressure.flood(ends.requester(), sent));
            await().until(() -> Backpressure.stalled(sent));
            assertThat(sent.get()).isLessThan(32L << 20);
            assertThat(ends.deviceLeg().holds()).isLessThan(200 * 1024);
            assertThat(ends.requesterLeg().holds()).isZero();
            ends.device().write(RawWebSocket.TEXT, true, "the other way is free");
            assertThat(message(ends.requester(), 1))
                    .isEqualTo("the other way is free".getBytes(StandardCharsets.UTF_8));
            long before = sent.get();
            for (long got = 0; got < before + 1_000_000; ) {
                got += next(ends.device()).payload().length;
            }
            ends.device().writeClose(1000, "");
            ends.requester().close();
        }
    }

    @Test
    void pingFlood_isEndedSoon() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            warm(ends);
            byte[] pings = new byte[131 * 500];
            byte[] ping = RawWebSocket.frame(RawWebSocket.PING, true, true, new byte[125]);
            for (int i = 0; i < 500; i++) {
                System.arraycopy(ping, 0, pings, i * ping.length, ping.length);
            }
            for (int i = 0; i < 8; i++) {
                ends.requester().writeRaw(pings);
            }
            assertThat(ends.requesterLeg().holds()).isLessThan(200 * 1024);
            Frame answer = next(ends.requester());
            while (answer.opcode() == RawWebSocket.PONG) {
                answer = next(ends.requester());
            }
            assertThat(answer.closeCode()).isEqualTo(1008);
            assertThat(next(ends.device()).closeCode()).isEqualTo(4000);
        }
    }

    @Test
    void hugeFrame_streamsThrough() throws Exception {
        int size = 64 << 20;
        try (NettyCluster.Ends ends = cluster.join()) {
            warm(ends);
            byte[] chunk = bytes(1 << 20);
            // Without TLS, a piece that waited may precede a read.
            int most = ReadBuffers.MOST + (ends.requester().secure() ? 0 : FrameTranslator.PIECE);
            CompletableFuture<Void> sending = inBackground(() -> {
                ends.requester()
                        .writeRaw(ByteBuffer.allocate(14)
                                .put((byte) (0x80 | RawWebSocket.BINARY))
                                .put((byte) (0x80 | 127))
                                .putLong(size)
                                .put(KEY)
                                .array());
                byte[] masked = chunk.clone();
                RawWebSocket.apply(KEY, masked);
                for (int at = 0; at < size; at += chunk.length) {
                    ends.requester().writeRaw(masked);
                }
            });
            long total = 0;
            Frame received;
            do {
                received = next(ends.device());
                assertThat(received.payload().length).isLessThanOrEqualTo(most);
                byte[] payload = received.payload();
                int at = (int) (total % chunk.length);
                int first = Math.min(payload.length, chunk.length - at);
                assertThat(Arrays.equals(payload, 0, first, chunk, at, at + first))
                        .isTrue();
                assertThat(Arrays.equals(payload, first, payload.length, chunk, 0, payload.length - first))
                        .isTrue();
                total += payload.length;
            } while (!received.last());
            assertThat(total).isEqualTo(size);
            sending.get(20, TimeUnit.SECONDS);
        }
    }
}
