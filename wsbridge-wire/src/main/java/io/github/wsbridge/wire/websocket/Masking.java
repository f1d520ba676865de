package io.github.wsbridge.wire.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The mask of RFC 6455, section 5.3, on and off: eight bytes a step. What is long takes the way through an array that stays in
 * the processor's nearest cache, since there the JIT compiler makes vector instructions of the steps, and does not on the
 * buffers themselves: the two copies cost far less than they gain.
 */
final class Masking {

    /** Up to here the two copies cost more than they gain. */
    static final int SHORT = 256;

    private static final int CHUNK = 4096;
    private static final ThreadLocal<byte[]> CHUNKS = ThreadLocal.withInitial(() -> new byte[CHUNK]);
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final VarHandle ARRAY = MethodHandles.byteArrayViewVarHandle(long[].class, ORDER);
    private static final VarHandle BUFFER = MethodHandles.byteBufferViewVarHandle(long[].class, ORDER);

    private Masking() {}

    /**
     * Copies bytes and masks or unmasks them on the way. The two places may overlap if {@code to} is not behind {@code at}.
     *
     * @param key the masking key, its upper byte for the first byte
     */
    static void apply(ByteBuffer in, int at, ByteBuffer out, int to, int length, int key) {
        byte[] chunk = CHUNKS.get();
        long mask = mask(key);
        for (int done = 0; done < length; done += CHUNK) {
            int size = Math.min(CHUNK, length - done);
            in.get(at + done, chunk, 0, size);
            for (int i = 0; i < size; i += Long.BYTES) { // up to seven bytes too many, which nobody takes
                ARRAY.set(chunk, i, (long) ARRAY.get(chunk, i) ^ mask);
            }
            out.put(to + done, chunk, 0, size);
        }
    }

    /**
     * The same within one buffer, for many short runs: a method of its own, in which the JIT compiler sees one kind of buffer
     * only.
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
