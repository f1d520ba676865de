package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.transport.Backpressure;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bridges of two Netty legs, which are joined below fragments: what the two ends see. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class JoinedTests {

    private static final byte[] KEY = {1, 2, 3, 4};

    House house;

    @AfterEach
    void nothingIsLeft() {
        await().atMost(Duration.ofSeconds(20)).until(() -> house.bridges() == 0);
        house.close();
    }

    /** Lets both directions be transferred: a leg that has not been heard is sent fragments. */
    static void warm(House.Ends ends) throws Exception {
        ends.requester().write(RawWebSocket.TEXT, true, "hello");
        assertThat(next(ends.device()).text()).isEqualTo("hello");
        ends.device().write(RawWebSocket.TEXT, true, "welcome");
        assertThat(next(ends.requester()).text()).isEqualTo("welcome");
        ends.requester().write(RawWebSocket.TEXT, true, "so");
        assertThat(next(ends.device()).text()).isEqualTo("so");
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(House.PATIENCE)
                .until(() -> ends.requesterLeg().passesOn() && ends.deviceLeg().passesOn());
    }

    static CompletableFuture<Void> inBackground(Sending sending) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                sending.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    interface Sending {
        void run() throws Exception;
    }

    /** The next frame that is not a ping; pings are answered. */
    static Frame next(RawWebSocket raw) throws Exception {
        while (true) {
            Frame received = raw.read();
            if (received.opcode() != 9) {
                return received;
            }
            raw.write(RawWebSocket.PONG, true, received.payload());
        }
    }

    /** The next data message, put together; control frames are passed over. */
    static byte[] message(RawWebSocket raw, int opcode) throws Exception {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        boolean begun = false;
        while (true) {
            Frame received = next(raw);
            if (received.opcode() == 0xA) {
                continue;
            }
            assertThat(received.opcode()).isEqualTo(begun ? 0 : opcode);
            begun = true;
            whole.writeBytes(received.payload());
            if (received.last()) {
                return whole.toByteArray();
            }
        }
    }

    static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    @Test
    void join_bothWays_isBelowFragmentsAndOnOneLoop() throws Exception {
        for (int i = 0; i < 4; i++) {
            try (House.Ends ends = house.join()) {
                warm(ends);
                assertThat(ends.deviceLeg().channel().eventLoop())
                        .isSameAs(ends.requesterLeg().channel().eventLoop());
                await().atMost(House.PATIENCE).until(() -> ends.acceptingLeg().passesOn()); // a forwarding node's, too
            }
        }
    }

    @Test
    void messages_ofAllSizesBothWays_arriveAsTheyWere() throws Exception {
        int[] sizes = {0, 1, 2, 7, 8, 125, 126, 127, 0, 1_000, 16_384, 65_535, 65_536, 65_537, 1 << 20, 3, 5_000_000};
        try (House.Ends ends = house.join()) {
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
        try (House.Ends ends = house.join()) {
            warm(ends);
            Bridge bridge = house.joined;
            counts(bridge, 7, 7); // hello, so; welcome: some of it as fragments
            long toDevice = 7;
            for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536}) { // all lengths of headers
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
            counts(bridge, toDevice + 40_000, 7); // not whole frames only
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
            await().atMost(House.PATIENCE).until(() -> house.ended != null);
            assertThat(house.ended).isEqualTo(new House.Counts(toDevice + 100_000, 63_007));
            counts(bridge, toDevice + 100_000, 63_007); // still
        }
    }

    /** What has been sent on is counted a moment later. */
    private static void counts(Bridge bridge, long toDevice, long toRequester) {
        House.Counts counts = new House.Counts(toDevice, toRequester);
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(House.PATIENCE)
                .untilAsserted(() -> assertThat(House.Counts.of(bridge)).isEqualTo(counts));
    }

    @Test
    void randomFramesInRandomPieces_arriveAsTheyWere() throws Exception {
        Random random = new Random(7);
        try (House.Ends ends = house.join()) {
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
    void framesBeforeTheDeviceIsThere_ofEveryKind_arrive() throws Exception {
        RawWebSocket requester = house.request();
        house.leg();
        requester.write(RawWebSocket.BINARY, true, new byte[0]);
        requester.write(RawWebSocket.TEXT, false, "first ");
        requester.write(RawWebSocket.CONTINUATION, true, "half");
        byte[] cut = RawWebSocket.frame(RawWebSocket.BINARY, true, true, bytes(30_000));
        requester.writeRaw(Arrays.copyOf(cut, 10_000));
        try (RawWebSocket device = house.accept(house.nodes.size() - 1)) {
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
    void halfAFrame_sourceVanishes_otherEndIsClosedInGoodOrder() throws Exception {
        for (boolean reset : new boolean[] {false, true}) {
            try (House.Ends ends = house.join()) {
                warm(ends);
                byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, bytes(100_000));
                ends.requester().writeRaw(Arrays.copyOf(frame, 50_000));
                int got = 0;
                while (got < 50_000 - 14) {
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
    void ping_amidAHugeFrame_isAnsweredAndTheFrameGoesOn() throws Exception {
        try (House.Ends ends = house.join()) {
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
    void violation_inATransfer_endsTheOffenderWith1002AndTheOtherEndWith4000() throws Exception {
        try (House.Ends ends = house.join()) {
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
    void close_behindMuchData_comesLast() throws Exception {
        int size = 3_000_000;
        for (boolean back : new boolean[] {false, true}) {
            try (House.Ends ends = house.join()) {
                warm(ends);
                RawWebSocket from = back ? ends.device() : ends.requester();
                RawWebSocket to = back ? ends.requester() : ends.device();
                CompletableFuture<Void> sending = inBackground(() -> {
                    from.write(RawWebSocket.BINARY, true, bytes(size));
                    from.writeClose(4321, "that was all");
                    if (!from.secure()) { // TLS may answer that by ending the other way, too
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
    void readerThatStops_closes_theHeldSenderHearsIt() throws Exception {
        try (House.Ends ends = house.join()) {
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
    void senderThatIsHeld_vanishes_nothingSticks() throws Exception {
        try (House.Ends ends = house.join()) {
            assumeFalse(ends.requester().secure()); // cannot be closed while it writes
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
    void stalledReader_holdsTheSenderBack_andGoesOn() throws Exception {
        try (House.Ends ends = house.join()) {
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
    void pingFlood_ofOneThatDoesNotRead_isBounded() throws Exception {
        try (House.Ends ends = house.join()) {
            warm(ends);
            byte[] pings = new byte[131 * 500];
            byte[] ping = RawWebSocket.frame(RawWebSocket.PING, true, true, new byte[125]);
            for (int i = 0; i < 500; i++) {
                System.arraycopy(ping, 0, pings, i * ping.length, ping.length);
            }
            for (int i = 0; i < 300; i++) {
                ends.requester().writeRaw(pings);
            }
            assertThat(ends.requesterLeg().holds()).isLessThan(200 * 1024);
            ends.requester().write(RawWebSocket.TEXT, true, "done");
            assertThat(message(ends.device(), 1)).isEqualTo("done".getBytes(StandardCharsets.UTF_8));
            ends.requester().write(RawWebSocket.PING, true, "the last");
            Frame pong = next(ends.requester());
            while (!pong.text().equals("the last")) {
                assertThat(pong.opcode()).isEqualTo(0xA);
                pong = next(ends.requester());
            }
        }
    }

    @Test
    void bothEndsCloseAtOnce_bridgeEnds() throws Exception {
        for (int i = 0; i < 30; i++) {
            try (House.Ends ends = house.join()) {
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
                assertThat(endOf(ends.device()).closeCode()).isIn(4001, 4002, 4410); // 4410: it came too late
            }
        }
    }

    private static Frame endOf(RawWebSocket raw) throws Exception {
        Frame received = next(raw);
        while (received.opcode() != 8) {
            received = next(raw);
        }
        return received;
    }

    @Test
    void anyEnd_whileTheLegsAreJoined_leavesNothing() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < 150; i++) {
            RawWebSocket requester = house.request();
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
            try (RawWebSocket device = house.accept(house.nodes.size() - 1)) {
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

    @Test
    void hugeFrame_streamsThrough() throws Exception {
        int size = 64 << 20;
        try (House.Ends ends = house.join()) {
            warm(ends);
            byte[] chunk = bytes(1 << 20);
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
                assertThat(received.payload().length).isLessThanOrEqualTo(ReadBuffers.MOST);
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
