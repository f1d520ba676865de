package io.github.wsbridge.netty;

import static io.github.wsbridge.wire.websocket.FrameTranslator.HEADROOM;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Allocates the buffers of connections that use BoringSSL. Netty's handler decrypts into direct buffers of no declared
 * maximum capacity; here, these have headroom, so that decrypted data need not be copied before a header is written.
 */
final class TlsBuffers extends AbstractByteBufAllocator {

    static final TlsBuffers INSTANCE = new TlsBuffers(ByteBufAllocator.DEFAULT);

    private final ByteBufAllocator buffers;

    private TlsBuffers(ByteBufAllocator buffers) {
        super(true);
        this.buffers = buffers;
    }

    @Override
    public ByteBuf directBuffer(int initialCapacity) {
        return buffers.directBuffer(HEADROOM + initialCapacity).setIndex(HEADROOM, HEADROOM);
    }

    /** Without headroom: decoders that merge buffers write from the index 0. */
    @Override
    public ByteBuf buffer(int initialCapacity) {
        return buffers.buffer(initialCapacity);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        return buffers.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        return buffers.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
        return buffers.isDirectBufferPooled();
    }
}
