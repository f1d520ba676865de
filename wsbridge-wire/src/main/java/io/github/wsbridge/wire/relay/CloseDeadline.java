package io.github.wsbridge.wire.relay;

import io.github.wsbridge.wire.concurrent.Lasting;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Drops a closing connection some time after its peer last read anything, so that a slow reader still gets what was
 * sent before the close, and after a longer time in any case: by default, ten seconds and two minutes. Thread-safe.
 */
public final class CloseDeadline {

    private static final int CHECK_MILLIS = 500;
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Duration MOST = Duration.ofMinutes(2);

    private final ScheduledExecutorService timer;
    private final LongSupplier written;
    private final Runnable drop;
    private final long maxSilentChecks;
    private final long maxChecks;
    private @Nullable ScheduledFuture<?> task; // guarded by this

    // Used only by the checks, which never overlap, and set before the first one.
    private long seen;
    private long checks;
    private long silent;

    /**
     * Creates a deadline that has not started.
     *
     * @param timer runs the other two, which do not block
     * @param written a number that changes whenever the peer reads something; also called by {@link #start}
     * @param drop drops the connection; called once
     */
    public CloseDeadline(ScheduledExecutorService timer, LongSupplier written, Runnable drop) {
        this(timer, written, drop, SILENCE, MOST);
    }

    /**
     * Creates a deadline with other limits.
     *
     * @param silence how long the peer may read nothing
     * @param most how long the close may take in total
     */
    public CloseDeadline(
            ScheduledExecutorService timer, LongSupplier written, Runnable drop, Duration silence, Duration most) {
        this.timer = timer;
        this.written = written;
        this.drop = drop;
        this.maxSilentChecks = silence.toMillis() / CHECK_MILLIS;
        this.maxChecks = most.toMillis() / CHECK_MILLIS;
    }

    /** Starts the deadline. Only the first call has an effect. */
    public void start() {
        try {
            synchronized (this) {
                if (task == null) {
                    seen = written.getAsLong();
                    task = timer.scheduleWithFixedDelay(
                            new Lasting(this::check), CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
                }
            }
        } catch (RejectedExecutionException e) {
            drop.run(); // the timer's owner is shutting down
        }
    }

    /** Cancels the deadline. */
    public synchronized void stop() {
        if (task != null) {
            task.cancel(false);
        }
    }

    private void check() {
        long now = written.getAsLong();
        silent = now == seen ? silent + 1 : 0;
        seen = now;
        if (silent >= maxSilentChecks || ++checks >= maxChecks) {
            stop();
            drop.run();
        }
    }
}
