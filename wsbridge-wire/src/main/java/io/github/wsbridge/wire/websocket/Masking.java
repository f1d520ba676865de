package io.github.wsbridge.wire.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * Masks and unmasks payloads (RFC 6455, section 5.3), eight bytes at a time. Long payloads are copied through an array
 * that stays in the L1 cache, because the JIT compiler vectorizes the loop over an array but not over buffers: the two
 * copies cost far less than they gain.
 */
final class Masking {

    /** Up to this length the two copies cost more than they gain. */
    static final int SHORT = 256;

    private static final int CHUNK = 4096;
    private static final int LONG = CHUNK; // from this length on, creating the views does not matter
    private static final int LONG_CHUNK = 16 * 1024; // with C1 only, copying each chunk has costs of its own
    private static final ThreadLocal<byte[]> CHUNKS = ThreadLocal.withInitial(() -> new byte[CHUNK]);
    private static final ThreadLocal<long[]> LONGS = ThreadLocal.withInitial(() -> new long[CHUNK / Long.BYTES]);
    private static final ThreadLocal<long[]> MORE_LONGS =
            ThreadLocal.withInitial(() -> new long[LONG_CHUNK / Long.BYTES]);
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final VarHandle ARRAY = MethodHandles.byteArrayViewVarHandle(long[].class, ORDER);
    private static final VarHandle BUFFER = MethodHandles.byteBufferViewVarHandle(long[].class, ORDER);

    private Masking() {}

    /**
     * Copies bytes and masks or unmasks them on the way. The two ranges may overlap if {@code to} is not greater than
     * {@code at}.
     *
     * @param key the masking key, whose most significant byte applies to the first byte
     */
    static void apply(ByteBuffer in, int at, ByteBuffer out, int to, int length, int key) {
        if (length < LONG) {
            applyShort(in, at, out, to, length, key);
            return;
        }
        int whole = length & -Long.BYTES;
        applyLongs(longs(in, at, whole), longs(out, to, whole), mask(key));
        if (whole < length) {
            applyShort(in, at + whole, out, to + whole, length - whole, key);
        }
    }

    private static LongBuffer longs(ByteBuffer bytes, int at, int length) {
        return bytes.slice(at, length).order(ORDER).asLongBuffer();
    }

    /** Copies longs; written so that the loop costs little without vectors, too, as in a JVM with C1 only. */
    private static void applyLongs(LongBuffer in, LongBuffer out, long mask) {
        while (in.hasRemaining()) {
            long[] chunk = (in.remaining() < LONG_CHUNK / Long.BYTES ? LONGS : MORE_LONGS).get();
            int size = Math.min(chunk.length, in.remaining());
            in.get(chunk, 0, size);
            for (int i = 0; i < chunk.length - 3; i += 4) { // the chunk's length is a multiple of 4
                chunk[i] ^= mask;
                chunk[i + 1] ^= mask;
                chunk[i + 2] ^= mask;
                chunk[i + 3] ^= mask;
            }
            out.put(chunk, 0, size);
        }
    }

    private static void applyShort(ByteBuffer in, int at, ByteBuffer out, int to, int length, int key) {
        byte[] chunk = CHUNKS.get();
        long mask = mask(key);
        in.get(at, chunk, 0, length);
        for (int i = 0; i < length; i += Long.BYTES) { // up to seven bytes too many, which are not copied out
            ARRAY.set(chunk, i, (long) ARRAY.get(chunk, i) ^ mask);
        }
        out.put(to, chunk, 0, length);
    }

    /**
     * Does the same within one buffer, for many short runs. This is a separate method so that the JIT compiler sees
     * only one type of buffer in it.
     */
    static void move(ByteBuffer bytes, int at, int to, int length, int key) {
        if (length > SHORT) {
            apply(bytes, at, bytes, to, length, key);
            return;
        }
        long mask = mask(key);
        int i = 0;
        for (; i <= length - Long.BYTES; i += Long.BYTES) {
            BUFFER.set(bytes, to + i, (long) BUFFER.get(bytes, at + i) ^ mask);
        }
        for (; i < length; i++) {
            bytes.put(to + i, (byte) (bytes.get(at + i) ^ key >> 24 - 8 * (i & 3)));
        }
    }

    private static long mask(int key) {
        int ordered = ORDER == ByteOrder.BIG_ENDIAN ? key : Integer.reverseBytes(key);
        return (ordered & 0xFFFFFFFFL) << 32 | ordered & 0xFFFFFFFFL;
    }
}
