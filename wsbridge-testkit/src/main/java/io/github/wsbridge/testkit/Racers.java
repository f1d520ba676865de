package io.github.wsbridge.testkit;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * Several threads, including the caller, that start their tasks simultaneously, round after round, without sleeping.
 */
public final class Racers {

    private final List<Thread> threads;
    private volatile List<Runnable> tasks = List.of();
    private volatile int round;
    private volatile boolean stopped;
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** Creates racers from the calling thread and {@code helpers} more threads. */
    public Racers(int helpers) {
        threads = IntStream.rangeClosed(1, helpers)
                .mapToObj(number -> new Thread(() -> help(number), "racer-" + number))
                .toList();
        threads.forEach(thread -> {
            thread.setDaemon(true);
            thread.start();
        });
    }

    /** Runs the tasks, distributed round-robin over the threads, and returns when all have completed. */
    public void race(List<Runnable> rivals) {
        tasks = rivals;
        busy.set(threads.size());
        round++; // only the caller writes it
        runEvery(threads.size() + 1, 0);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        for (int spins = 0; busy.get() > 0; spins++) {
            relax(spins);
            if ((spins & 1023) == 1023 && System.nanoTime() > deadline) {
                throw new AssertionError("a racer hangs");
            }
        }
        Throwable failed = failure.getAndSet(null);
        if (failed != null) {
            throw new AssertionError(failed);
        }
    }

    private void help(int number) {
        int seen = 0;
        for (int spins = 0; !stopped; spins++) {
            if (round == seen) {
                relax(spins);
                continue;
            }
            seen = round;
            spins = 0;
            try {
                runEvery(threads.size() + 1, number);
            } catch (Throwable e) {
                failure.set(e);
            }
            busy.decrementAndGet();
        }
    }

    private void runEvery(int step, int first) {
        List<Runnable> all = tasks;
        for (int i = first; i < all.size(); i += step) {
            all.get(i).run();
        }
    }

    /** Spins briefly and then yields: there may be more racers than cores. */
    private static void relax(int spins) {
        if (spins % 50 == 49) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    public void stop() {
        stopped = true;
    }
}
