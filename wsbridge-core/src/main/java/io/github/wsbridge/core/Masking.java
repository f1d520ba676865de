package io.github.wsbridge.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The mask of RFC 6455, section 5.3, on and off: eight bytes a step. It takes the way through an array that stays in the
 * processor's nearest cache, since there the JIT compiler makes vector instructions of the steps, and does not on the buffers
 * themselves: the two copies cost far less than they gain.
 */
final class Masking {

    private static final int CHUNK = 4096;
    private static final ThreadLocal<byte[]> CHUNKS = ThreadLocal.withInitial(() -> new byte[CHUNK]);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private Masking() {}

    /**
     * Copies bytes and masks or unmasks them on the way. The two places may overlap if {@code to} is not behind {@code at}.
     *
     * @param key the masking key, its upper byte for the first byte
     */
    static void apply(ByteBuffer in, int at, ByteBuffer out, int to, int length, int key) {
        byte[] chunk = CHUNKS.get();
        int ordered = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? key : Integer.reverseBytes(key);
        long mask = (ordered & 0xFFFFFFFFL) << 32 | ordered & 0xFFFFFFFFL;
        for (int done = 0; done < length; done += CHUNK) {
            int size = Math.min(CHUNK, length - done);
            in.get(at + done, chunk, 0, size);
            for (int i = 0; i < size; i += Long.BYTES) { // up to seven bytes too many, which nobody takes
                LONGS.set(chunk, i, (long) LONGS.get(chunk, i) ^ mask);
            }
            out.put(to + done, chunk, 0, size);
        }
    }
}
