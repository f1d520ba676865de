package io.github.wsbridge.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A scheduler whose time passes when a test says so, on the test's thread. */
final class ManualScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    private final List<Task<?>> tasks = new ArrayList<>(); // guarded by itself
    private long now;
    private boolean shutdown;

    /** The times until the tasks that are due, soonest first. */
    List<Duration> due() {
        synchronized (tasks) {
            return tasks.stream()
                    .filter(task -> !task.isCancelled())
                    .map(task -> Duration.ofNanos(task.at - now))
                    .sorted()
                    .toList();
        }
    }

    /** Lets time pass and runs what falls due meanwhile. */
    void advance(Duration time) {
        long end;
        synchronized (tasks) {
            end = now + time.toNanos();
        }
        while (true) {
            Task<?> next;
            synchronized (tasks) {
                next = tasks.stream()
                        .filter(task -> task.at <= end)
                        .min(Comparator.comparingLong(task -> task.at))
                        .orElse(null);
                if (next == null) {
                    now = end;
                    return;
                }
                tasks.remove(next);
                now = Math.max(now, next.at);
            }
            next.go();
        }
    }

    private <T> Task<T> add(Callable<T> action, long delay, long period, TimeUnit unit) {
        synchronized (tasks) {
            Task<T> task = new Task<>(action, now + unit.toNanos(delay), unit.toNanos(period));
            tasks.add(task);
            return task;
        }
    }

    private static Callable<Void> callable(Runnable action) {
        return () -> {
            action.run();
            return null;
        };
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable action, long delay, TimeUnit unit) {
        return add(callable(action), delay, 0, unit);
    }

    @Override
    public <T> ScheduledFuture<T> schedule(Callable<T> action, long delay, TimeUnit unit) {
        return add(action, delay, 0, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable action, long first, long period, TimeUnit unit) {
        return add(callable(action), first, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable action, long first, long delay, TimeUnit unit) {
        return add(callable(action), first, delay, unit);
    }

    @Override
    public void execute(Runnable action) {
        action.run();
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        return List.of();
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

    private final class Task<T> extends FutureTask<T> implements RunnableScheduledFuture<T> {
        private long at;
        private final long period;

        Task(Callable<T> action, long at, long period) {
            super(action);
            this.at = at;
            this.period = period;
        }

        void go() {
            if (period == 0) {
                run();
            } else if (runAndReset()) {
                synchronized (tasks) {
                    at += period;
                    tasks.add(this);
                }
            }
        }

        @Override
        public boolean cancel(boolean interrupt) {
            synchronized (tasks) {
                tasks.remove(this);
            }
            return super.cancel(interrupt);
        }

        @Override
        public boolean isPeriodic() {
            return period != 0;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            synchronized (tasks) {
                return unit.convert(at - now, TimeUnit.NANOSECONDS);
            }
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }
}
