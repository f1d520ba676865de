package io.github.wsbridge.netty;

import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * Measures how long a task waits for its turn on threads. Costs nothing between the measurements: each sends one task
 * to each thread, and the next tells how long that took. Thread-safe.
 */
final class LoopLag {

    private final List<Probe> probes = new ArrayList<>();

    LoopLag(Iterable<EventExecutor> threads) {
        threads.forEach(thread -> probes.add(new Probe(thread)));
    }

    /** Returns the longest wait that the last measurement found or that still lasts, and starts another. */
    Duration measure() {
        long longest = 0;
        for (Probe probe : probes) {
            longest = Math.max(longest, probe.measure());
        }
        return Duration.ofNanos(longest);
    }

    private static final class Probe {
        private final EventExecutor thread;
        // Guarded by this.
        private boolean sent;
        private long sentAt;
        private long found;

        Probe(EventExecutor thread) {
            this.thread = thread;
        }

        synchronized long measure() {
            if (sent) {
                return System.nanoTime() - sentAt;
            }
            sent = true;
            sentAt = System.nanoTime();
            try {
                thread.execute(this::answered);
            } catch (RejectedExecutionException e) { // it has stopped
                sent = false;
            }
            return found;
        }

        private synchronized void answered() {
            found = System.nanoTime() - sentAt;
            sent = false;
        }
    }
}
