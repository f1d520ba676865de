package io.github.wsbridge.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random streams in random pieces, against a decoder that was written for this test alone; and each rule by itself. */
class FrameTranslatorTest {

    private static final int ROUNDS = 3_000;
    private static final int BEFORE = 32;

    /** How frames come in and go out. */
    private enum Way {
        UNMASK(true, true),
        KEEP_MASK(true, false),
        PLAIN(false, false);

        final boolean masked;
        final boolean unmask;

        Way(boolean masked, boolean unmask) {
            this.masked = masked;
            this.unmask = unmask;
        }
    }

    /** What the translator says of control frames. */
    private static final class Heard implements FrameTranslator.Controls {
        final List<String> events = new ArrayList<>();

        @Override
        public void onPing(byte[] payload) {
            events.add("ping " + new String(payload, UTF_8));
        }

        @Override
        public void onPong() {
            events.add("pong");
        }
    }

    /** A frame as the test's own decoder sees it. */
    private record Frame(int first, boolean masked, byte[] payload) {}

    @Test
    void translate_randomStreamsInRandomPieces_carriesTheSameMessages() {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(round);
            Way way = Way.values()[random.nextInt(3)];
            List<String> messages = new ArrayList<>();
            List<String> controls = new ArrayList<>();
            byte[] wire = stream(random, way.masked, messages, controls);
            Heard heard = new Heard();
            FrameTranslator translator = new FrameTranslator(way.masked, heard);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            boolean direct = random.nextBoolean();
            int most = 1 + random.nextInt(random.nextBoolean() ? 8 : 400);
            for (int at = 0; at < wire.length; ) {
                int n = Math.min(wire.length - at, 1 + random.nextInt(most));
                out.writeBytes(piece(translator, wire, at, n, way.unmask, direct));
                decode(out.toByteArray()); // whole frames at any time
                at += n;
            }
            assertThat(translator.violation()).as("round %d", round).isNull();
            List<Frame> frames = decode(out.toByteArray());
            assertThat(frames).allMatch(frame -> frame.masked() == (way == Way.KEEP_MASK));
            assertThat(messages(frames)).as("round %d, %s", round, way).isEqualTo(messages);
            assertThat(heard.events).isEqualTo(controls);
            assertThat(translator.carried())
                    .isEqualTo(frames.stream()
                            .mapToLong(frame -> frame.payload().length)
                            .sum());
        }
    }

    @Test
    void next_randomStreamsInRandomPieces_givesTheSameMessages() {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(round);
            boolean masked = random.nextBoolean();
            List<String> messages = new ArrayList<>();
            List<String> controls = new ArrayList<>();
            byte[] wire = stream(random, masked, messages, controls);
            Heard heard = new Heard();
            FrameTranslator translator = new FrameTranslator(masked, heard);
            List<String> got = new ArrayList<>();
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            for (int at = 0; at < wire.length; ) {
                int n = Math.min(wire.length - at, 1 + random.nextInt(200));
                ByteBuffer in = ByteBuffer.wrap(wire, at, n).slice();
                at += n;
                while (in.hasRemaining() || translator.withheld()) {
                    Fragment fragment = translator.next(in, random.nextInt(3) > 0);
                    if (fragment != null) {
                        byte[] bytes = new byte[fragment.payload().remaining()];
                        fragment.payload().get(bytes);
                        message.writeBytes(bytes);
                        if (fragment.last()) {
                            got.add(fragment.kind() + " " + message.toString(UTF_8));
                            message.reset();
                        }
                    } else if (!translator.withheld()) {
                        assertThat(in.hasRemaining()).isFalse();
                    }
                }
            }
            assertThat(got).as("round %d", round).isEqualTo(messages);
            assertThat(heard.events).isEqualTo(controls);
        }
    }

    @Test
    void translate_largeFrames_areCutAndShortened() {
        for (Way way : Way.values()) {
            byte[] payload = new byte[200_000];
            new Random(1).nextBytes(payload);
            byte[] wire = frame(0x82, payload, way.masked, 0x01020304);
            for (int size : new int[] {1_000, 60_000, 65_536 + 13, 150_000}) {
                FrameTranslator translator = new FrameTranslator(way.masked, new Heard());
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                for (int at = 0; at < wire.length; at += size) {
                    out.writeBytes(piece(translator, wire, at, Math.min(size, wire.length - at), way.unmask, true));
                }
                List<Frame> frames = decode(out.toByteArray());
                ByteArrayOutputStream whole = new ByteArrayOutputStream();
                frames.forEach(frame -> whole.writeBytes(frame.payload()));
                assertThat(whole.toByteArray()).isEqualTo(payload);
                assertThat(frames.get(0).first()).isEqualTo(0x02);
                assertThat(frames.get(frames.size() - 1).first()).isEqualTo(0x80);
            }
        }
    }

    @Test
    void translate_frameOfMoreThanTwoGibibytes_isCounted() {
        FrameTranslator translator = new FrameTranslator(false, new Heard());
        ByteBuffer header =
                ByteBuffer.allocate(10).put((byte) 0x82).put((byte) 127).putLong(5L << 30);
        assertThat(piece(translator, header.array(), 0, 10, false, false)).isEmpty();
        byte[] chunk = new byte[1 << 20];
        for (int i = 0; i < 5 << 10; i++) {
            piece(translator, chunk, 0, chunk.length, false, false);
        }
        assertThat(translator.carried()).isEqualTo(5L << 30);
        assertThat(decode(piece(translator, new byte[] {(byte) 0x81, 1, 'x'}, 0, 3, false, false)))
                .hasSize(1);
        assertThat(translator.violation()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "c2 80 00 00 00 00, reserved bit",
        "92 80 00 00 00 00, reserved bit",
        "83 80 00 00 00 00, reserved opcode",
        "8b 80 00 00 00 00, reserved opcode",
        "82 01 00, not masked",
        "09 80 00 00 00 00, fragmented or too long",
        "89 fe 00 7e 00 00 00 00, fragmented or too long",
        "82 fe 00 7d 00 00 00 00, more bytes than it needs",
        "82 ff 00 00 00 00 00 00 ff ff 00 00 00 00, more bytes than it needs",
        "82 ff 80 00 00 00 00 00 00 00 00 00 00 00, 63 bit",
        "80 80 00 00 00 00, continuation of nothing",
        "02 80 00 00 00 00 82 80 00 00 00 00, inside another",
        "88 81 00 00 00 00 03, illegal code",
        "88 82 00 00 00 00 03 ed, illegal code",
        "88 83 00 00 00 00 03 e8 ff, not UTF-8"
    })
    void violation_isNamed_andWhatCameBeforeItGoesOut(String hex, String word) {
        for (int chunk : new int[] {1, 3, 100}) {
            FrameTranslator translator = new FrameTranslator(true, new Heard());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] good = frame(0x81, "good".getBytes(UTF_8), true, 7);
            byte[] bad = bytes(hex);
            byte[] wire = ByteBuffer.allocate(good.length + bad.length)
                    .put(good)
                    .put(bad)
                    .array();
            for (int at = 0; at < wire.length; at += chunk) {
                out.writeBytes(piece(translator, wire, at, Math.min(chunk, wire.length - at), true, false));
            }
            assertThat(translator.violation()).contains(word);
            assertThat(messages(decode(out.toByteArray()))).first().isEqualTo("TEXT good");
            assertThat(piece(translator, good, 0, good.length, true, false)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 100})
    void close_isKept_andEndsTheStream(int chunk) {
        FrameTranslator translator = new FrameTranslator(true, new Heard());
        byte[] close = frame(0x88, Frames.closePayload(new CloseReason(4321, "genug")), true, 99);
        for (int at = 0; at < close.length; at += chunk) {
            piece(translator, close, at, Math.min(chunk, close.length - at), true, false);
        }
        assertThat(translator.closed()).isEqualTo(new CloseReason(4321, "genug"));
        assertThat(piece(translator, close, 0, close.length, true, false)).isEmpty();
    }

    @Test
    void emptyMessage_goesOut_alsoAfterItWasWithheld() {
        byte[] empty = frame(0x82, new byte[0], true, 5);
        FrameTranslator translator = new FrameTranslator(true, new Heard());
        assertThat(translator.next(ByteBuffer.wrap(empty), false)).isNull();
        assertThat(translator.withheld()).isTrue();
        assertThat(piece(translator, empty, 0, 0, true, false)).containsExactly(0x82, 0x00);
        assertThat(translator.withheld()).isFalse();
    }

    @Test
    void translate_dataFrames_allocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        FrameTranslator translator = new FrameTranslator(true, new Heard());
        byte[] one = frame(0x82, new byte[128], true, 42);
        ByteBuffer buffer = ByteBuffer.allocateDirect(BEFORE + 100 * one.length);
        long thread = Thread.currentThread().getId();
        long before = 0;
        for (int round = 0; round < 1_000; round++) {
            if (round == 100) {
                before = threads.getThreadAllocatedBytes(thread);
            }
            for (int i = 0; i < 100; i++) {
                buffer.put(BEFORE + i * one.length, one);
            }
            translator.translate(buffer, BEFORE, BEFORE + 100 * one.length, true);
        }
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertThat(allocated / 90_000.0).as("bytes for a frame").isLessThan(1);
        assertThat(translator.carried()).isEqualTo(100_000L * 128);
    }

    /** Translates a piece, and checks that nothing beside it and the headroom is touched. */
    private static byte[] piece(
            FrameTranslator translator, byte[] wire, int at, int length, boolean unmask, boolean direct) {
        int size = BEFORE + length + 8;
        ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
        for (int i = 0; i < size; i++) {
            buffer.put(i, (byte) 0x55);
        }
        buffer.put(BEFORE, wire, at, length);
        long range = translator.translate(buffer, BEFORE, BEFORE + length, unmask);
        int from = (int) (range >>> 32);
        int to = (int) range;
        for (int i = 0; i < size; i++) {
            if (i < BEFORE - FrameTranslator.HEADROOM || i >= BEFORE + length) {
                assertThat(buffer.get(i)).isEqualTo((byte) 0x55);
            }
        }
        assertThat(from).isBetween(BEFORE - FrameTranslator.HEADROOM, to);
        assertThat(to).isLessThanOrEqualTo(BEFORE + length);
        byte[] out = new byte[to - from];
        buffer.get(from, out);
        return out;
    }

    private static byte[] stream(Random random, boolean masked, List<String> messages, List<String> controls) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        int count = 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            boolean text = random.nextBoolean();
            int pieces = 1 + random.nextInt(3);
            StringBuilder whole = new StringBuilder();
            for (int p = 0; p < pieces; p++) {
                if (random.nextInt(4) == 0) {
                    boolean ping = random.nextBoolean();
                    String words = "x".repeat(random.nextInt(126));
                    controls.add(ping ? "ping " + words : "pong");
                    wire.writeBytes(frame(ping ? 0x89 : 0x8A, words.getBytes(UTF_8), masked, random.nextInt()));
                }
                int length = random.nextInt(5) == 0 ? 0 : random.nextInt(random.nextInt(4) == 0 ? 700 : 140);
                String part = letters(random, length);
                whole.append(part);
                int first = (p == pieces - 1 ? 0x80 : 0) | (p > 0 ? 0 : text ? 1 : 2);
                wire.writeBytes(frame(first, part.getBytes(UTF_8), masked, random.nextInt()));
            }
            messages.add((text ? "TEXT " : "BINARY ") + whole);
        }
        return wire.toByteArray();
    }

    private static String letters(Random random, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    private static byte[] frame(int first, byte[] payload, boolean masked, int key) {
        ByteBuffer out = ByteBuffer.allocate(payload.length + 14).put((byte) first);
        int bit = masked ? 0x80 : 0;
        if (payload.length < 126) {
            out.put((byte) (bit | payload.length));
        } else if (payload.length < 65_536) {
            out.put((byte) (bit | 126)).putShort((short) payload.length);
        } else {
            out.put((byte) (bit | 127)).putLong(payload.length);
        }
        byte[] mask = ByteBuffer.allocate(4).putInt(key).array();
        if (masked) {
            out.put(mask);
        }
        for (int i = 0; i < payload.length; i++) {
            out.put((byte) (masked ? payload[i] ^ mask[i % 4] : payload[i]));
        }
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /** The test's own decoder: takes whole frames only. */
    private static List<Frame> decode(byte[] wire) {
        List<Frame> frames = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(wire);
        while (in.hasRemaining()) {
            int first = in.get() & 0xFF;
            int second = in.get() & 0xFF;
            long length = second & 0x7F;
            if (length == 126) {
                length = in.getShort() & 0xFFFF;
                assertThat(length).isGreaterThan(125);
            } else if (length == 127) {
                length = in.getLong();
                assertThat(length).isGreaterThan(65_535);
            }
            byte[] mask = new byte[4];
            if (second > 127) {
                in.get(mask);
            }
            byte[] payload = new byte[(int) length];
            in.get(payload);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= mask[i % 4];
            }
            frames.add(new Frame(first, second > 127, payload));
        }
        return frames;
    }

    private static List<String> messages(List<Frame> frames) {
        List<String> messages = new ArrayList<>();
        String kind = "";
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        for (Frame frame : frames) {
            if ((frame.first() & 0x0F) != 0) {
                assertThat(kind).as("the message before has ended").isEmpty();
                kind = (frame.first() & 0x0F) == 1 ? "TEXT " : "BINARY ";
            } else {
                assertThat(kind).as("a message goes on").isNotEmpty();
            }
            message.writeBytes(frame.payload());
            if ((frame.first() & 0x80) != 0) {
                messages.add(kind + message.toString(UTF_8));
                message.reset();
                kind = "";
            }
        }
        return messages;
    }

    private static byte[] bytes(String hex) {
        String[] parts = hex.split(" ");
        byte[] bytes = new byte[parts.length];
        for (int i = 0; i < parts.length; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i], 16);
        }
        return bytes;
    }
}
