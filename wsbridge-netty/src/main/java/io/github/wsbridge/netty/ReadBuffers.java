package io.github.wsbridge.netty;

import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;

/**
 * Allocates receive buffers. Their size adapts to a connection's recent reads, and they have headroom in which the
 * translator can write a header. An idle connection has no buffer.
 */
final class ReadBuffers extends DefaultMaxMessagesRecvByteBufAllocator {

    /**
     * The largest size, including headroom. Each write wakes its receiver, so fewer and larger writes are cheaper for
     * both sides; much larger buffers gain nothing more (docs/benchmarks.md).
     */
    static final int MOST = 112 * 1024;

    private static final int STEP = 4;
    private static final int LEAST = MOST / (STEP * STEP * STEP);

    @Override
    @SuppressWarnings("deprecation") // the interface asks for it
    public RecvByteBufAllocator.Handle newHandle() {
        return new Sizes();
    }

    private final class Sizes extends MaxMessageHandle {
        private int size = LEAST;
        private boolean small; // whether the last read would have fitted into the next smaller size

        @Override
        public int guess() {
            return size;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            ByteBuf buffer = allocator.ioBuffer(size, size);
            return buffer.setIndex(FrameTranslator.HEADROOM, FrameTranslator.HEADROOM);
        }

        @Override
        public void lastBytesRead(int bytes) {
            if (bytes == attemptedBytesRead()) {
                size = Math.min(size * STEP, MOST);
                small = false;
            } else if (bytes > 0) {
                boolean less = bytes <= size / STEP && size > LEAST;
                if (less && small) {
                    size /= STEP;
                }
                small = less && !small;
            }
            super.lastBytesRead(bytes);
        }
    }
}
