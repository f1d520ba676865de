package io.github.wsbridge.bench;

import java.nio.ByteBuffer;

/** The bytes that one direction of a stream carries: a function of a seed and the position. Not thread-safe. */
final class SoakContent {

    private static final long STEP = 0x9E3779B97F4A7C15L; // of SplitMix64, as is the rest

    private long state;
    private long word;
    private int left;

    SoakContent(long seed) {
        state = seed;
    }

    private byte next() {
        if (left == 0) {
            state += STEP;
            long mixed = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
            mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
            word = mixed ^ mixed >>> 31;
            left = Long.BYTES;
        }
        byte next = (byte) word;
        word >>>= Byte.SIZE;
        left--;
        return next;
    }

    /** Fills a buffer with the next bytes. */
    void fill(ByteBuffer buffer) {
        while (buffer.hasRemaining()) {
            buffer.put(next());
        }
    }

    /** Returns whether a buffer contains the next bytes, which are then passed. */
    boolean matches(ByteBuffer buffer) {
        while (buffer.hasRemaining()) {
            if (buffer.get() != next()) {
                return false;
            }
        }
        return true;
    }
}
