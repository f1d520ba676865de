package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs deadlines and renewals on a given scheduler, or on its own. Thread-safe. */
final class Timers implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Timers.class);

    private final ScheduledExecutorService scheduler;
    private final boolean own;

    Timers(@Nullable ScheduledExecutorService given) {
        scheduler = given == null ? Daemons.newTimer("wsbridge-iothub-timer") : given;
        own = given == null;
    }

    /** Runs a task later; returns null if the scheduler has been shut down. */
    @Nullable
    Future<?> after(Duration delay, Runnable task) {
        try {
            return scheduler.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** Runs a task periodically until it is cancelled or this object is closed. */
    Future<?> every(Duration period, Runnable task) {
        Runnable lasting = () -> {
            try {
                task.run();
            } catch (Throwable e) { // even after an Error, the task must run again
                log.warn("Renewal failed; retrying in {}", period, e);
            }
        };
        return scheduler.scheduleAtFixedRate(lasting, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    static void cancel(@Nullable Future<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }

    /** Accepts no further tasks. Deadlines already set are kept: calls in progress still need theirs. */
    @Override
    public void close() {
        if (own) {
            scheduler.shutdown();
        }
    }
}
