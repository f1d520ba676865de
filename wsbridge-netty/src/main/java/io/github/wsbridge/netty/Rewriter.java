package io.github.wsbridge.netty;

import io.netty.buffer.ByteBuf;

/** Rewrites bytes received by one leg, in place, for another leg. One direction of one bridge. */
interface Rewriter {

    /** Passes bytes on as they are. */
    Rewriter NONE = new Rewriter() {
        @Override
        public long rewrite(ByteBuf bytes) {
            return bytes.readableBytes();
        }

        @Override
        public boolean inPlace() {
            return false;
        }
    };

    /** Returns whether it needs a buffer of its own, with headroom. */
    default boolean inPlace() {
        return true;
    }

    /**
     * Rewrites the readable bytes of a buffer. The {@code FrameTranslator.HEADROOM} bytes before them may be
     * overwritten. The caller sends the bytes that are readable afterwards.
     *
     * @return the number of payload bytes
     */
    long rewrite(ByteBuf bytes);

    /**
     * Returns how many bytes at the end of the last {@link #rewrite} were left as they are, behind those to be sent.
     * They have to precede the next bytes.
     */
    default int left() {
        return 0;
    }

    /** Returns whether the source has ended its stream, so that the target's stream has to end, too. */
    default boolean ended() {
        return false;
    }
}
