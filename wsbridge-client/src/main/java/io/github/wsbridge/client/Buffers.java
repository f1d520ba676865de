package io.github.wsbridge.client;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** Direct buffers for blocking reads and writes. A few are kept, since the JVM frees direct memory late. */
final class Buffers {

    /** The size of each. */
    static final int SIZE = 64 * 1024;

    private static final BlockingQueue<ByteBuffer> UNUSED = new ArrayBlockingQueue<>(64);

    private Buffers() {}

    /** Returns an empty buffer. */
    static ByteBuffer take() {
        ByteBuffer buffer = UNUSED.poll();
        return buffer == null ? ByteBuffer.allocateDirect(SIZE) : buffer;
    }

    /** Takes back a buffer that nobody uses any longer. */
    static void give(@Nullable ByteBuffer buffer) {
        if (buffer != null) {
            UNUSED.offer(buffer.clear());
        }
    }
}
