package io.github.wsbridge.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The mask of RFC 6455, section 5.3, on and off: eight bytes a step. */
final class Masking {

    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Masking() {}

    /**
     * Copies bytes and masks or unmasks them on the way. The two places may overlap if {@code to} is not behind {@code at}.
     *
     * @param key the masking key, its upper byte for the first byte
     */
    static void apply(ByteBuffer in, int at, ByteBuffer out, int to, int length, int key) {
        long wide = (key & 0xFFFFFFFFL) << 32 | key & 0xFFFFFFFFL;
        int i = 0;
        for (; i <= length - 32; i += 32) {
            long a = (long) LONGS.get(in, at + i) ^ wide;
            long b = (long) LONGS.get(in, at + i + 8) ^ wide;
            long c = (long) LONGS.get(in, at + i + 16) ^ wide;
            long d = (long) LONGS.get(in, at + i + 24) ^ wide;
            LONGS.set(out, to + i, a);
            LONGS.set(out, to + i + 8, b);
            LONGS.set(out, to + i + 16, c);
            LONGS.set(out, to + i + 24, d);
        }
        for (; i <= length - 8; i += 8) {
            LONGS.set(out, to + i, (long) LONGS.get(in, at + i) ^ wide);
        }
        for (; i < length; i++) {
            out.put(to + i, (byte) (in.get(at + i) ^ key >>> 24 - 8 * (i & 3)));
        }
    }
}
