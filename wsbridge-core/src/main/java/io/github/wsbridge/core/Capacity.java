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
        int now;
        do { // never counts beyond the bound: others look at the count to see whether there is room, or nothing left
            now = used.get();
            if (now >= max) {
                return false;
            }
        } while (!used.compareAndSet(now, now + 1));
        return true;
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
