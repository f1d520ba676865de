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
 * A scheduler without threads. Due tasks run inside {@link #advance}, ordered by their times and then by submission,
 * while the clock shows the time they were due. Any thread may schedule tasks; one thread advances.
 *
 * <p>A task without a delay runs at the next advance, even if that is by zero.
 */
public final class FakeScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    private final FakeClock clock;
    private final PriorityBlockingQueue<Task<?>> tasks = new PriorityBlockingQueue<>(
            11, Comparator.comparing((Task<?> task) -> task.due).thenComparing(task -> task.number));
    private final AtomicLong numbers = new AtomicLong();
    private volatile boolean shutdown;

    /** Creates a scheduler that advances {@code clock}. */
    public FakeScheduler(FakeClock clock) {
        this.clock = clock;
    }

    /** Creates a scheduler with a new clock. */
    public FakeScheduler() {
        this(new FakeClock());
    }

    /** Returns the scheduler's clock. */
    public FakeClock clock() {
        return clock;
    }

    /** Advances the time and runs the tasks due by then, including those that they schedule. */
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

    /** Runs the tasks that are due now. */
    public void runDue() {
        advance(Duration.ZERO);
    }

    /** Returns the number of scheduled tasks, without cancelled ones. */
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

    /** Equivalent to a fixed rate, since tasks take no time here. */
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

    /** Rejects new tasks and drops scheduled ones. */
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
