package io.github.wsbridge.testkit;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/** The calling thread and a few more, which start their tasks together, round after round, without sleeping in between. */
public final class Racers {

    private final List<Thread> threads;
    private volatile List<Runnable> tasks = List.of();
    private volatile int round;
    private volatile boolean stopped;
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** The caller and {@code helpers} more threads. */
    public Racers(int helpers) {
        threads = IntStream.rangeClosed(1, helpers)
                .mapToObj(number -> new Thread(() -> help(number), "racer-" + number))
                .toList();
        threads.forEach(thread -> {
            thread.setDaemon(true);
            thread.start();
        });
    }

    /** Runs the tasks, dealt out to the threads in turn, and returns when all have run. */
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

    /** Spins a little before it lets others run: the machine may have fewer cores than there are racers. */
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
