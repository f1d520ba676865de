package io.github.wsbridge.jakarta;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;

/** A pool of buffers to read into. Each is used by one thread at a time. Thread-safe. */
final class ReadBuffers {

    /** The size of a buffer, and so the maximum size of a fragment. */
    static final int SIZE = 64 * 1024;

    private static final int MAX_POOLED = 16;

    private final Queue<ByteBuffer> free = new ArrayBlockingQueue<>(MAX_POOLED);

    ByteBuffer take() {
        ByteBuffer buffer = free.poll();
        return buffer == null ? ByteBuffer.allocate(SIZE) : buffer.clear();
    }

    void giveBack(ByteBuffer buffer) {
        free.offer(buffer);
    }
}
