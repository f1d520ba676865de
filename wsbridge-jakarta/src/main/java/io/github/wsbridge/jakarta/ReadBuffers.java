package io.github.wsbridge.jakarta;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;

/** Buffers to read into, each for as long as one thread reads. Thread-safe. */
final class ReadBuffers {

    /** How large a piece of a frame can be. */
    static final int SIZE = 64 * 1024;

    private static final int KEPT = 16;

    private final Queue<ByteBuffer> free = new ArrayBlockingQueue<>(KEPT);

    ByteBuffer take() {
        ByteBuffer buffer = free.poll();
        return buffer == null ? ByteBuffer.allocate(SIZE) : buffer.clear();
    }

    void giveBack(ByteBuffer buffer) {
        free.offer(buffer);
    }
}
