package io.github.wsbridge.core;

import java.util.concurrent.atomic.AtomicInteger;

/** A bounded count of things that are held. */
final class Capacity {

    private final int max;
    private final AtomicInteger used = new AtomicInteger();

    Capacity(int max) {
        this.max = max;
    }

    boolean take() {
        if (used.incrementAndGet() <= max) {
            return true;
        }
        used.decrementAndGet();
        return false;
    }

    void release() {
        used.decrementAndGet();
    }

    boolean full() {
        return used.get() >= max;
    }

    int used() {
        return used.get();
    }
}
