package io.github.wsbridge.netty;

import io.netty.buffer.ByteBuf;

/** Makes of what was read from one leg what is written to another, in place. For one direction of one bridge. */
interface Rewriting {

    /**
     * Rewrites a buffer in which {@code FrameTranslator.HEADROOM} bytes before the readable ones may be overwritten. What is
     * readable afterwards goes out.
     *
     * @return how many payload bytes it held
     */
    long rewrite(ByteBuf bytes);

    /** Whether the source has ended its stream by what was rewritten last, and the target's is to end, too. */
    default boolean ended() {
        return false;
    }
}
