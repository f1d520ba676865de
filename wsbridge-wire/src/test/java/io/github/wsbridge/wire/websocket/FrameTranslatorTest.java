package io.github.wsbridge.wire.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests each rule separately, and large and long streams. {@link FrameTranslatorPropertyTest} tests arbitrary streams.
 */
class FrameTranslatorTest {

    private static final int BEFORE = FrameTranslator.HEADROOM;

    private static final FrameTranslator.Controls DEAF = new FrameTranslator.Controls() {
        @Override
        public void onPing(byte[] payload) {}

        @Override
        public void onPong(byte[] payload) {}
    };

    @Test
    void translate_frameOfMoreThanTwoGibibytes_isCounted() {
        FrameTranslator translator = new FrameTranslator(false, DEAF);
        ByteBuffer header =
                ByteBuffer.allocate(10).put((byte) 0x82).put((byte) 127).putLong(5L << 30);
        assertThat(piece(translator, header.array())).isEmpty();
        int end = BEFORE + (1 << 20);
        ByteBuffer buffer = ByteBuffer.allocate(end);
        for (int i = 0; i < 5 << 10; i++) {
            translator.translate(buffer, BEFORE, end, false);
        }
        assertThat(translator.carried()).isEqualTo(5L << 30);
        byte[] next = TestFrame.of(0x81, new byte[1], false, 0).bytes();
        assertThat(piece(translator, next)).isEqualTo(next);
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
        "80 80 00 00 00 00, outside a message",
        "02 80 00 00 00 00 82 80 00 00 00 00, inside another",
        "88 81 00 00 00 00 03, illegal code",
        "88 82 00 00 00 00 03 ed, illegal code",
        "88 83 00 00 00 00 03 e8 ff, not UTF-8"
    })
    void violation_isReported_andEarlierFramesArePassedOn(String hex, String word) {
        byte[] good = frame(0x81, "good".getBytes(UTF_8));
        Object expected = RfcDecoder.of(good, true).story.messages().get(0);
        byte[] bad = bytes(hex);
        for (int chunk : new int[] {1, 3, 100}) {
            FrameTranslator translator = new FrameTranslator(true, DEAF);
            RfcDecoder out = new RfcDecoder(false);
            byte[] wire = joined(good, bad);
            byte[] left = new byte[0];
            for (byte[] piece : pieces(wire, chunk)) {
                byte[] read = joined(left, piece);
                out.read(piece(translator, read));
                left = Arrays.copyOfRange(read, read.length - translator.left(), read.length);
            }
            assertThat(translator.violation()).contains(word);
            assertThat(out.story.messages()).first().isEqualTo(expected);
            assertThat(piece(translator, good)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 100})
    void close_isReported_andEndsTheStream(int chunk) {
        FrameTranslator translator = new FrameTranslator(true, DEAF);
        byte[] close = frame(0x88, Frames.closePayload(new CloseReason(4321, "genug")));
        for (byte[] piece : pieces(close, chunk)) {
            assertThat(piece(translator, piece)).isEmpty();
        }
        assertThat(translator.closed()).isEqualTo(new CloseReason(4321, "genug"));
        assertThat(piece(translator, close)).isEmpty();
    }

    @Test
    void emptyMessage_isPassedOn_alsoAfterItWasWithheld() {
        byte[] empty = frame(0x82, new byte[0]);
        FrameTranslator translator = new FrameTranslator(true, DEAF);
        assertThat(translator.next(ByteBuffer.wrap(empty), false)).isNull();
        assertThat(translator.withheld()).isTrue();
        assertThat(piece(translator, new byte[0])).containsExactly(0x82, 0x00);
        assertThat(translator.withheld()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 200, 300, 65_535, 65_536, 100_000})
    void wrap_makesAFrameInPlace(int size) {
        byte[] payload = new byte[size];
        new Random(size).nextBytes(payload);
        for (int key : new int[] {0, 0xCAFE_BABE}) {
            for (boolean masked : new boolean[] {true, false}) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(3 + BEFORE + size + 5);
                int start = 3 + BEFORE;
                buffer.put(start, payload);
                int begin = Frames.wrap(buffer, start, start + size, 0x82, masked, key);
                byte[] frame = new byte[start + size - begin];
                buffer.clear().get(begin, frame);
                byte[] expected = TestFrame.of(0x82, payload, masked, key).bytes();
                assertThat(frame).isEqualTo(expected);
                assertThat(begin).isBetween(3, start);
                for (int i = 0; i < begin; i++) {
                    assertThat(buffer.get(i)).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"64, 100, 1", "64, 16384, 1", "64, 65536, 4", "5000, 65536, 4", "16384, 65536, 5", "64, 262144, 16"})
    void frameInSmallPieces_isCutRarely(int piece, int size, int most) {
        byte[] payload = new byte[size];
        new Random(size).nextBytes(payload);
        byte[] wire = frame(0x82, payload);
        FrameTranslator translator = new FrameTranslator(true, DEAF);
        RfcDecoder translated = new RfcDecoder(false);
        FrameTranslator reader = new FrameTranslator(true, DEAF);
        int fragments = 0;
        byte[] left = new byte[0];
        for (byte[] next : pieces(wire, piece)) {
            byte[] read = joined(left, next);
            translated.read(piece(translator, read));
            left = Arrays.copyOfRange(read, read.length - translator.left(), read.length);
            ByteBuffer in = ByteBuffer.wrap(next);
            while (reader.next(in, true) != null) {
                fragments++;
            }
        }
        assertThat(translated.story.messages())
                .isEqualTo(RfcDecoder.of(wire, true).story.messages());
        assertThat(translated.dataFrames).isLessThanOrEqualTo(most);
        assertThat(fragments).isLessThanOrEqualTo(most);
    }

    @Test
    void translate_dataFrames_allocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        FrameTranslator translator = new FrameTranslator(true, DEAF);
        byte[] one = frame(0x82, new byte[128]);
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

    private static byte[] piece(FrameTranslator translator, byte[] bytes) {
        return FrameTrial.piece(translator, bytes, true, false);
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    private static List<byte[]> pieces(byte[] wire, int size) {
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < wire.length; at += size) {
            pieces.add(Arrays.copyOfRange(wire, at, Math.min(wire.length, at + size)));
        }
        return pieces;
    }

    private static byte[] frame(int first, byte[] payload) {
        return TestFrame.of(first, payload, true, 0x01020304).bytes();
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
