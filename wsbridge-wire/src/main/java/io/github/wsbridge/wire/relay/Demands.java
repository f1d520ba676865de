package io.github.wsbridge.wire.relay;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Demands fragments in a loop if the leg answers within the call, instead of in ever deeper calls: it counts, and whoever is
 * inside already goes on. Thread-safe.
 */
public final class Demands {

    private final Runnable demand;
    private final AtomicInteger wanted = new AtomicInteger();

    /** Demands by {@code demand}, which may call {@link #one} again before it returns. */
    public Demands(Runnable demand) {
        this.demand = demand;
    }

    /** Asks for one fragment more. */
    public void one() {
        if (wanted.getAndIncrement() == 0) {
            do {
                demand.run();
            } while (wanted.decrementAndGet() > 0);
        }
    }
}
