package io.github.wsbridge.wire.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.websocket.RfcDecoder.Story;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/** Passes a chunked stream through a {@link FrameTranslator} and compares the output with that of the decoder. */
final class FrameTrial {

    /** The smallest piece of a frame that is passed on, so that short streams have several. */
    private static final int PIECE = 50;

    private static final byte UNTOUCHED = 0x55;

    private final byte[] wire;
    private final boolean masked;
    private final RfcDecoder expected;

    FrameTrial(byte[] wire, boolean masked) {
        this.wire = wire;
        this.masked = masked;
        this.expected = RfcDecoder.of(wire, masked);
    }

    int length() {
        return wire.length;
    }

    /** Translates all chunks, with and without unmasking. */
    void translate(int[] ends, boolean direct) {
        translate(ends, true, direct, 0);
        translate(ends, false, direct, 0);
    }

    /**
     * Translates the pieces, or reads them as fragments and writes those as frames, as a leg does before it is joined.
     *
     * @param ends the ends of the pieces
     * @param read a bit mask of the pieces to read
     */
    void translate(int[] ends, boolean unmask, boolean direct, int read) {
        Story heard = new Story();
        FrameTranslator translator = new FrameTranslator(masked, listener(heard), PIECE);
        RfcDecoder out = new RfcDecoder(masked && !unmask);
        int at = 0;
        for (int i = 0; i < ends.length; i++) {
            byte[] bytes = Arrays.copyOfRange(wire, at, ends[i]);
            at = ends[i];
            if ((read >>> i & 1) == 0 && translator.gathered() == 0) {
                out.read(piece(translator, bytes, unmask, direct));
                at -= translator.left();
            } else {
                ByteBuffer in = buffer(bytes, i & 7, direct);
                read(translator, in, next -> out.read(written(next, out.amidst(), masked && !unmask)));
            }
            assertThat(out.complete()).as("whole frames at any time").isTrue();
        }
        RfcDecoder expected = before(wire.length - at + translator.gathered());
        assertThat(out.faults).isEmpty();
        assertThat(out.story.messages()).isEqualTo(expected.story.messages());
        assertThat(out.story.controls()).isEmpty();
        assertThat(heard.controls()).isEqualTo(expected.story.controls());
        if (read == 0) {
            assertThat(translator.carried()).isEqualTo(expected.carried);
        }
        if (ends.length == 1 && read == 0) {
            assertThat(out.dataFrames).isEqualTo(expected.dataFrames);
            if (!unmask && expected.complete()) {
                assertThat(out.data.toByteArray()).as("verbatim").isEqualTo(expected.data.toByteArray());
            }
        }
        checkEnd(translator);
    }

    private static void read(FrameTranslator translator, ByteBuffer in, Consumer<Fragment> to) {
        for (Fragment next = translator.next(in, true); next != null; next = translator.next(in, true)) {
            to.accept(next);
        }
    }

    /** Returns what is expected if the last bytes, part of an incomplete frame, are kept back. */
    private RfcDecoder before(int kept) {
        return kept == 0 ? expected : RfcDecoder.of(Arrays.copyOf(wire, wire.length - kept), masked);
    }

    /**
     * Reads all pieces as fragments.
     *
     * @param ask a bit mask of the calls with demand
     */
    void read(int[] ends, boolean direct, int ask) {
        Story heard = new Story();
        FrameTranslator translator = new FrameTranslator(masked, listener(heard), PIECE);
        int at = 0;
        int times = 0;
        for (int end : ends) {
            ByteBuffer in = buffer(Arrays.copyOfRange(wire, at, end), times & 7, direct);
            at = end;
            while (true) {
                boolean data = translator.withheld() || (ask >>> times++ & 1) == 0;
                Fragment next = translator.next(in, data);
                if (next != null) {
                    assertThat(data).isTrue();
                    heard.data(next.kind().name(), bytes(next.payload()), next.last());
                } else if (translator.withheld()) {
                    assertThat(data).isFalse();
                } else {
                    break;
                }
            }
            assertThat(in.remaining()).isZero();
        }
        assertThat(heard.all()).isEqualTo(before(translator.gathered()).story.all());
        checkEnd(translator);
    }

    /**
     * Strips all pieces, or reads them as fragments, as a leg does before it is joined.
     *
     * @param read a bit mask of the pieces to read
     */
    void strip(int[] ends, boolean direct, int read) {
        Story heard = new Story();
        FrameTranslator translator = new FrameTranslator(masked, listener(heard), PIECE);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        for (int i = 0; i < ends.length; i++) {
            byte[] bytes = Arrays.copyOfRange(wire, at, ends[i]);
            at = ends[i];
            if ((read >>> i & 1) == 0 && translator.gathered() == 0) {
                out.writeBytes(stripped(translator, bytes, direct));
                continue;
            }
            boolean[] before = {translator.finished()};
            read(translator, buffer(bytes, i & 7, direct), next -> {
                if (!before[0]) {
                    out.writeBytes(bytes(next.payload()));
                }
                before[0] = translator.finished();
            });
        }
        RfcDecoder expected = before(translator.gathered());
        assertThat(out.toByteArray()).isEqualTo(expected.story.stream());
        assertThat(translator.finished()).isEqualTo(expected.story.finished());
        assertThat(heard.controls()).isEqualTo(expected.story.controls());
        checkEnd(translator);
    }

    private void checkEnd(FrameTranslator translator) {
        assertThat(translator.closed()).isEqualTo(expected.closed);
        if (expected.faults.isEmpty()) {
            assertThat(translator.violation()).isNull();
        } else {
            assertThat(translator.violation()).isNotNull();
            assertThat(expected.faults).anyMatch(fault -> translator.violation().contains(fault));
        }
        if (expected.ended()) {
            byte[] more = TestFrame.of(0x82, new byte[3], masked, 7).bytes();
            assertThat(piece(translator, more, true, false)).isEmpty();
            ByteBuffer in = ByteBuffer.wrap(more);
            assertThat(translator.next(in, true)).isNull();
            assertThat(in.remaining()).isZero();
        }
    }

    /** Translates a chunk, and checks that nothing outside it and the headroom is modified. */
    static byte[] piece(FrameTranslator translator, byte[] bytes, boolean unmask, boolean direct) {
        int start = FrameTranslator.HEADROOM + 2 + (bytes.length & 7);
        int end = start + bytes.length;
        ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(end + 9) : ByteBuffer.allocate(end + 9);
        byte[] all = new byte[end + 9];
        Arrays.fill(all, UNTOUCHED);
        System.arraycopy(bytes, 0, all, start, bytes.length);
        buffer.put(0, all).position(1).limit(end);
        long range = translator.translate(buffer, start, end, unmask);
        int from = (int) (range >>> 32);
        int to = (int) range;
        byte[] left = new byte[translator.left()];
        buffer.get(end - left.length, left);
        assertThat(left).isEqualTo(Arrays.copyOfRange(bytes, bytes.length - left.length, bytes.length));
        assertThat(buffer.position()).isEqualTo(1);
        assertThat(buffer.limit()).isEqualTo(end);
        assertThat(from).isBetween(start - FrameTranslator.HEADROOM, to);
        assertThat(to).isLessThanOrEqualTo(end);
        buffer.clear().get(0, all);
        for (int i = 0; i < all.length; i = i == start - FrameTranslator.HEADROOM - 1 ? end : i + 1) {
            if (all[i] != UNTOUCHED) {
                fail("a byte beside the piece and its headroom is touched: " + (i - start));
            }
        }
        return Arrays.copyOfRange(all, from, to);
    }

    /** Strips a piece, and checks that nothing around it is modified. */
    private static byte[] stripped(FrameTranslator translator, byte[] bytes, boolean direct) {
        int start = bytes.length & 7;
        ByteBuffer buffer = buffer(new byte[start + bytes.length + 9], 0, direct);
        byte[] all = new byte[buffer.capacity()];
        Arrays.fill(all, UNTOUCHED);
        System.arraycopy(bytes, 0, all, start, bytes.length);
        buffer.put(0, all);
        long range = translator.strip(buffer, start, start + bytes.length);
        int from = (int) (range >>> 32);
        int to = (int) range;
        assertThat(from).isBetween(start, to);
        assertThat(to).isLessThanOrEqualTo(start + bytes.length);
        buffer.get(0, all);
        for (int i = 0; i < all.length; i++) {
            if ((i < start || i >= start + bytes.length) && all[i] != UNTOUCHED) {
                fail("a byte beside the piece is touched: " + (i - start));
            }
        }
        return Arrays.copyOfRange(all, from, to);
    }

    private static byte[] written(Fragment fragment, boolean onward, boolean mask) {
        ByteBuffer payload = buffer(bytes(fragment.payload()), 3, false);
        ByteBuffer out = ByteBuffer.allocate(payload.remaining() + Frames.overhead());
        int opcode = onward ? Frames.CONTINUATION : fragment.kind() == Fragment.Kind.TEXT ? Frames.TEXT : Frames.BINARY;
        Frames.write(out, (fragment.last() ? 0x80 : 0) | opcode, payload, mask, 0xCAFE_BABE);
        assertThat(payload.remaining()).isZero();
        return bytes(out.flip());
    }

    private static byte[] bytes(ByteBuffer from) {
        byte[] bytes = new byte[from.remaining()];
        from.get(bytes);
        return bytes;
    }

    private static ByteBuffer buffer(byte[] bytes, int before, boolean direct) {
        int size = before + bytes.length;
        ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
        return buffer.position(before).put(bytes).flip().position(before);
    }

    private static FrameTranslator.Controls listener(Story heard) {
        return new FrameTranslator.Controls() {
            @Override
            public void onPing(byte[] payload) {
                heard.ping(payload);
            }

            @Override
            public void onPong(byte[] payload) {
                heard.pong();
            }
        };
    }

    /** Chunks of these sizes, repeated. */
    static int[] cycle(int length, Iterable<Integer> sizes) {
        int[] ends = new int[length];
        int count = 0;
        int at = 0;
        while (at < length) {
            for (int size : sizes) {
                if (at < length) {
                    at = Math.min(length, at + size);
                    ends[count++] = at;
                }
            }
        }
        return Arrays.copyOf(ends, count);
    }

    /**
     * A chunk ends after each byte whose bit is set. All numbers of {@code length - 1} bits yield all chunkings of a
     * stream.
     */
    static int[] cuts(int length, int bits) {
        int[] ends = new int[Integer.bitCount(bits) + 1];
        int count = 0;
        for (int i = 0; i < length - 1; i++) {
            if ((bits >>> i & 1) != 0) {
                ends[count++] = i + 1;
            }
        }
        ends[count] = length;
        return ends;
    }
}
