package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RawWebSocket.BINARY;
import static io.github.wsbridge.testkit.RawWebSocket.CONTINUATION;
import static io.github.wsbridge.testkit.RawWebSocket.PING;
import static io.github.wsbridge.testkit.RawWebSocket.PONG;
import static io.github.wsbridge.testkit.RawWebSocket.TEXT;
import static io.github.wsbridge.testkit.RecordingReceiver.PATIENCE;
import static io.github.wsbridge.testkit.transport.Backpressure.flood;
import static io.github.wsbridge.testkit.transport.Backpressure.stalled;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The part of {@link BridgeServerContract} about messages and flow control. */
abstract class ServerMessages extends ServerFixture {

    private static final byte[] KEY = {1, 2, 3, 4};

    @Test
    void messages_bothWays_keepKindAndContent() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.write(BINARY, true, new byte[] {1, 2, 3});
            raw.write(TEXT, true, "grüß dich");
            Fragment first = end.next();
            assertThat(first.kind()).isEqualTo(Fragment.Kind.BINARY);
            assertThat(first.last()).isTrue();
            assertThat(bytes(first)).containsExactly(1, 2, 3);
            Fragment second = end.next();
            assertThat(second.kind()).isEqualTo(Fragment.Kind.TEXT);
            assertThat(new String(bytes(second), UTF_8)).isEqualTo("grüß dich");

            end.send(Fragment.binary(ByteBuffer.wrap(new byte[] {4, 5})));
            end.send(Fragment.text("zurück"));
            isFrame(raw.read(), BINARY, true, 4, 5);
            Frame text = raw.read();
            assertThat(text.opcode()).isEqualTo(TEXT);
            assertThat(text.last()).isTrue();
            assertThat(text.text()).isEqualTo("zurück");
        }
    }

    @Test
    void emptyMessages_bothWays_arrive() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.write(BINARY, true, new byte[0]);
            raw.write(TEXT, true, "");
            Fragment fragment = end.next();
            assertThat(fragment.kind()).isEqualTo(Fragment.Kind.BINARY);
            assertThat(fragment.last()).isTrue();
            assertThat(fragment.payload().remaining()).isZero();
            fragment = end.next();
            assertThat(fragment.kind()).isEqualTo(Fragment.Kind.TEXT);
            assertThat(fragment.payload().remaining()).isZero();

            end.send(Fragment.binary(ByteBuffer.allocate(0)));
            end.send(Fragment.text(""));
            isFrame(raw.read(), BINARY, true);
            isFrame(raw.read(), TEXT, true);
        }
    }

    @Test
    void fragments_fromThePeer_keepTheirBoundaries() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.write(BINARY, false, new byte[] {1});
            raw.write(PING, true, new byte[0]);
            raw.write(CONTINUATION, false, new byte[] {2});
            raw.write(CONTINUATION, true, new byte[] {3});
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            Fragment fragment;
            do {
                fragment = end.next();
                assertThat(fragment.kind()).isEqualTo(Fragment.Kind.BINARY);
                got.writeBytes(bytes(fragment));
            } while (!fragment.last());
            assertThat(got.toByteArray()).containsExactly(1, 2, 3);
            assertThat(raw.read().opcode()).isEqualTo(PONG);
        }
    }

    /** Some WebSocket libraries limit the number of frames in a message. */
    @Test
    void frameInSmallWrites_becomesFewFragments() throws Exception {
        byte[] payload = new byte[64 * 1024];
        new Random(1).nextBytes(payload);
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            byte[] frame = RawWebSocket.frame(BINARY, true, KEY, payload);
            for (int at = 0; at < frame.length; at += 64) { // the kernel buffers much more than this
                raw.writeRaw(Arrays.copyOfRange(frame, at, Math.min(frame.length, at + 64)));
            }
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            int fragments = 0;
            Fragment fragment;
            do {
                fragment = end.next();
                got.writeBytes(bytes(fragment));
                fragments++;
            } while (!fragment.last());
            assertThat(got.toByteArray()).isEqualTo(payload);
            assertThat(fragments).isLessThan(30);
        }
    }

    @Test
    void fragments_toThePeer_keepTheirBoundaries() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.wrap(new byte[] {1}), false));
            end.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.wrap(new byte[] {2}), false));
            end.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.wrap(new byte[] {3}), true));
            end.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.wrap(new byte[] {4}), true));
            isFrame(raw.read(), BINARY, false, 1);
            isFrame(raw.read(), CONTINUATION, false, 2);
            Frame last = raw.read();
            while (last.payload().length == 0) {
                last = raw.read();
            }
            assertThat(last.payload()).containsExactly(3);
            while (!last.last()) {
                last = raw.read(); // some containers end a message with an empty frame
            }
            isFrame(raw.read(), BINARY, true, 4);
        }
    }

    @Test
    void text_splitInsideCharacters_arrivesWhole() throws Exception {
        String text = "a€b😀c".repeat(5_000);
        byte[] utf8 = text.getBytes(UTF_8);
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendText(raw, utf8));
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            Fragment fragment;
            do {
                fragment = end.next();
                got.writeBytes(bytes(fragment));
            } while (!fragment.last());
            sending.get();
            assertThat(got.toString(UTF_8)).isEqualTo(text);

            CompletableFuture<Void> replying = CompletableFuture.runAsync(() -> sendText(end, utf8));
            ByteArrayOutputStream back = new ByteArrayOutputStream();
            Frame received;
            do {
                received = raw.read();
                assertThat(received.payload().length).isLessThanOrEqualTo(1 << 20);
                back.writeBytes(received.payload());
            } while (!received.last());
            replying.get();
            assertThat(back.toString(UTF_8)).isEqualTo(text);
        }
    }

    private static void isFrame(Frame frame, int opcode, boolean last, int... payload) {
        assertThat(frame.opcode()).isEqualTo(opcode);
        assertThat(frame.last()).isEqualTo(last);
        assertThat(frame.payload()).containsExactly(payload);
    }

    private static byte[] bytes(Fragment fragment) {
        byte[] bytes = new byte[fragment.payload().remaining()];
        fragment.payload().get(bytes);
        return bytes;
    }

    private static void sendText(RawWebSocket raw, byte[] utf8) {
        try {
            for (int at = 0; at < utf8.length; ) {
                int size = Math.min(997, utf8.length - at);
                boolean last = at + size == utf8.length;
                raw.write(at == 0 ? TEXT : CONTINUATION, last, Arrays.copyOfRange(utf8, at, at + size));
                at += size;
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sendText(RecordingReceiver end, byte[] utf8) {
        try {
            for (int at = 0; at < utf8.length; ) {
                int size = Math.min(17_001, utf8.length - at);
                ByteBuffer piece = ByteBuffer.wrap(utf8, at, size).slice();
                end.send(new Fragment(Fragment.Kind.TEXT, piece, at + size == utf8.length));
                at += size;
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void hugeFrame_streamsThrough() throws Exception {
        int size = 64 << 20;
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendHuge(raw, size));
            long total = 0;
            long checksum = 0;
            Fragment fragment;
            do {
                fragment = end.next();
                total += fragment.payload().remaining();
                assertThat(fragment.payload().remaining()).isLessThanOrEqualTo(256 * 1024);
                while (fragment.payload().hasRemaining()) {
                    checksum = checksum * 31 + fragment.payload().get();
                }
            } while (!fragment.last());
            sending.get();
            assertThat(total).isEqualTo(size);
            assertThat(checksum).isEqualTo(hugeChecksum(size));
        }
    }

    private static void sendHuge(RawWebSocket raw, int size) {
        try {
            raw.writeRaw(ByteBuffer.allocate(14)
                    .put((byte) (0x80 | BINARY))
                    .put((byte) (0x80 | 127))
                    .putLong(size)
                    .put(KEY)
                    .array());
            byte[] chunk = new byte[64 * 1024];
            for (int at = 0; at < size; at += chunk.length) {
                for (int i = 0; i < chunk.length; i++) {
                    chunk[i] = (byte) (at + i >> 8);
                }
                RawWebSocket.apply(KEY, chunk);
                raw.writeRaw(chunk);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static long hugeChecksum(int size) {
        long checksum = 0;
        for (int i = 0; i < size; i++) {
            checksum = checksum * 31 + (byte) (i >> 8);
        }
        return checksum;
    }

    @Test
    void noDemand_stopsOnlyThisSender() throws Exception {
        try (RawWebSocket flooder = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> flood(flooder, sent));
            await().pollDelay(Duration.ofMillis(300)).until(() -> stalled(sent));
            assertThat(sent.get()).isLessThan(16L << 20);
            assertThat(end.count()).isZero();

            try (RawWebSocket other = RawWebSocket.open(port(), TARGET)) {
                RecordingReceiver calm = door.takeEnd();
                other.write(BINARY, true, new byte[] {7});
                assertThat(calm.nextBytes()).containsExactly(7);
                calm.send(Fragment.text("still here"));
                assertThat(other.read().text()).isEqualTo("still here");
            }

            for (int i = 0; i < 10; i++) {
                assertThat(end.next().payload().remaining()).isPositive();
            }
            assertThat(end.count()).isZero();
            end.leg().abort();
            end.awaitClosed();
            flooding.exceptionally(broken -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }
}
