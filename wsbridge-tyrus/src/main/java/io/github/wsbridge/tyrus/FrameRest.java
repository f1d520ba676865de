package io.github.wsbridge.tyrus;

import static io.github.wsbridge.wire.websocket.FrameTranslator.HEADROOM;

import java.nio.ByteBuffer;
import org.glassfish.grizzly.Buffer;
import org.jspecify.annotations.Nullable;

/** The small piece of a frame at the end of a read, which waits for the next read. Not thread-safe. */
final class FrameRest {

    private static final int GROWTH = 4;

    private @Nullable ByteBuffer rest; // from position to limit, with headroom before it

    /** Returns the rest and the content of {@code read} in one buffer, from position to limit, with headroom. */
    ByteBuffer followedBy(Buffer read) {
        ByteBuffer all = rest;
        rest = null;
        int size = read.remaining();
        if (all == null) {
            all = empty(size);
        } else if (all.capacity() - all.limit() < size) {
            all = larger(all, size);
        }
        int start = all.position();
        all.position(all.limit()).limit(all.limit() + size);
        read.get(all);
        return all.position(start);
    }

    /**
     * Keeps the last {@code size} bytes of a buffer.
     *
     * @param used whether the bytes before them are still in use
     */
    void keep(ByteBuffer read, int size, boolean used) {
        ByteBuffer kept = read.position(read.limit() - size);
        rest = used ? larger(kept, size) : kept;
    }

    private static ByteBuffer larger(ByteBuffer kept, int more) {
        int size = kept.remaining();
        return empty(Math.max(size + more, GROWTH * size))
                .limit(HEADROOM + size)
                .put(kept)
                .position(HEADROOM);
    }

    private static ByteBuffer empty(int capacity) {
        return ByteBuffer.allocate(HEADROOM + capacity).limit(HEADROOM).position(HEADROOM);
    }
}
