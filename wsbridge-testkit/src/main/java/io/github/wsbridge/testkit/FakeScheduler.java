package io.github.wsbridge.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A scheduler without threads: what is due runs inside {@link #advance}, in the order of its times and then of its
 * scheduling, with the clock showing the time it was due. Tasks may be scheduled from any thread; one thread advances.
 *
 * <p>What is submitted without a delay runs at the next advance, even of no time at all.
 */
public final class FakeScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    private final FakeClock clock;
    private final PriorityBlockingQueue<Task<?>> tasks = new PriorityBlockingQueue<>(
            11, Comparator.comparing((Task<?> task) -> task.due).thenComparing(task -> task.number));
    private final AtomicLong numbers = new AtomicLong();
    private volatile boolean shutdown;

    /** A scheduler that moves {@code clock}. */
    public FakeScheduler(FakeClock clock) {
        this.clock = clock;
    }

    /** A scheduler with a clock of its own. */
    public FakeScheduler() {
        this(new FakeClock());
    }

    /** The clock that goes with it. */
    public FakeClock clock() {
        return clock;
    }

    /** Lets time pass and runs what is due by then, also what those tasks schedule in turn. */
    public void advance(Duration time) {
        Instant end = clock.instant().plus(time);
        for (Task<?> next = tasks.peek(); next != null && !next.due.isAfter(end); next = tasks.peek()) {
            if (tasks.remove(next)) {
                clock.advanceTo(next.due);
                next.run();
            }
        }
        clock.advanceTo(end);
    }

    /** Runs what is due now. */
    public void runDue() {
        advance(Duration.ZERO);
    }

    /** How many tasks wait for their time; cancelled ones do not count. */
    public int pending() {
        return tasks.size();
    }

    @Override
    public void execute(Runnable task) {
        schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return add(new Task<>(Executors.callable(task), delay, 0, unit));
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return add(new Task<>(task, delay, 0, unit));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initialDelay, long period, TimeUnit unit) {
        if (period <= 0) {
            throw new IllegalArgumentException("no period");
        }
        return add(new Task<>(Executors.callable(task), initialDelay, period, unit));
    }

    /** The same as at a fixed rate, since tasks take no time here. */
    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
        return scheduleAtFixedRate(task, initialDelay, delay, unit);
    }

    private <V> Task<V> add(Task<V> task) {
        if (shutdown) {
            throw new RejectedExecutionException("shut down");
        }
        tasks.add(task);
        return task;
    }

    /** Refuses new tasks and drops those that wait. */
    @Override
    public void shutdown() {
        shutdown = true;
        tasks.clear();
    }

    @Override
    public List<Runnable> shutdownNow() {
        List<Runnable> waiting = new ArrayList<>(tasks);
        shutdown();
        return waiting;
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }

    private final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {

        private final long number = numbers.getAndIncrement();
        private final Duration period;
        private volatile Instant due;

        Task(Callable<V> callable, long delay, long period, TimeUnit unit) {
            super(callable);
            this.period = Duration.ofNanos(unit.toNanos(period));
            this.due = clock.instant().plusNanos(Math.max(0, unit.toNanos(delay)));
        }

        @Override
        public void run() {
            if (period.isZero()) {
                super.run();
            } else if (runAndReset() && !shutdown) {
                due = due.plus(period);
                tasks.add(this);
            }
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            boolean cancelled = super.cancel(mayInterrupt);
            tasks.remove(this);
            return cancelled;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(clock.instant().until(due, ChronoUnit.NANOS), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
