package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Leg;
import io.netty.channel.EventLoop;

/**
 * A leg whose events run on one of Netty's event loops. What is built on such a leg costs least on the same loop, as no
 * byte then changes threads. {@link Leg#carrier} finds it behind wrappers.
 */
public interface LoopLeg extends Leg {

    /**
     * Returns the leg's loop. It changes only by {@link Leg#shareThread}. Thread-safe; does not block.
     */
    EventLoop eventLoop();
}
