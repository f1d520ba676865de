package io.github.wsbridge.wire.concurrent;

import java.util.concurrent.atomic.AtomicInteger;

/** A bounded counter of resources in use. */
public final class Capacity {

    private volatile int max;
    private final AtomicInteger used = new AtomicInteger();

    public Capacity(int max) {
        this.max = max;
    }

    /** Changes the bound. If more are in use, none can be taken until enough have been released. */
    public void bound(int value) {
        max = value;
    }

    public boolean take() {
        int now;
        do { // never exceeds the bound, not even briefly: other threads check the count for full and empty
            now = used.get();
            if (now >= max) {
                return false;
            }
        } while (!used.compareAndSet(now, now + 1));
        return true;
    }

    public void release() {
        used.decrementAndGet();
    }

    public boolean full() {
        return used.get() >= max;
    }

    public int used() {
        return used.get();
    }
}
