package io.github.wsbridge.wire.relay;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Turns demands that a leg answers within the call into a loop instead of a recursion: nested demands are counted, and
 * the outermost call makes them. Thread-safe.
 */
public final class Demands {

    private final Runnable demand;
    private final AtomicInteger wanted = new AtomicInteger();

    /** Creates an instance that demands by running {@code demand}, which may call {@link #one} before it returns. */
    public Demands(Runnable demand) {
        this.demand = demand;
    }

    /** Demands one more fragment. */
    public void one() {
        if (wanted.getAndIncrement() == 0) {
            do {
                demand.run();
            } while (wanted.decrementAndGet() > 0);
        }
    }
}
