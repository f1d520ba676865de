package io.github.wsbridge.client;

import io.github.wsbridge.spi.Leg;
import java.util.concurrent.atomic.AtomicInteger;

/** Demands fragments of a leg in a loop where the leg answers within the call, instead of in ever deeper calls. */
final class Demands {

    private final Leg leg;
    private final AtomicInteger wanted = new AtomicInteger();

    Demands(Leg leg) {
        this.leg = leg;
    }

    void one() {
        if (wanted.getAndIncrement() == 0) {
            do {
                leg.demand();
            } while (wanted.decrementAndGet() > 0);
        }
    }
}
