package io.github.wsbridge.wire.relay;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Drops a closing connection ten seconds after its peer last read anything, so that a slow reader still gets what was
 * sent before the close frame, and after two minutes in any case. Thread-safe.
 */
public final class CloseDeadline {

    private static final int LOOK_MILLIS = 500;
    private static final int MOST_SILENT_LOOKS = 10_000 / LOOK_MILLIS;
    private static final int MOST_LOOKS = 120_000 / LOOK_MILLIS;

    private final ScheduledExecutorService timer;
    private final LongSupplier written;
    private final Runnable drop;
    private @Nullable ScheduledFuture<?> task; // guarded by this

    // Used only by the checks, which never overlap, and set before the first one.
    private long seen;
    private int looks;
    private int silent;

    /**
     * Creates a deadline that has not started.
     *
     * @param timer runs the other two, which do not block
     * @param written a number that changes whenever the peer reads something; also called by {@link #start}
     * @param drop drops the connection; called once
     */
    public CloseDeadline(ScheduledExecutorService timer, LongSupplier written, Runnable drop) {
        this.timer = timer;
        this.written = written;
        this.drop = drop;
    }

    /** Starts the deadline. Only the first call has an effect. */
    public void start() {
        try {
            synchronized (this) {
                if (task == null) {
                    seen = written.getAsLong();
                    task = timer.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
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

    private void look() {
        long now = written.getAsLong();
        silent = now == seen ? silent + 1 : 0;
        seen = now;
        if (silent >= MOST_SILENT_LOOKS || ++looks >= MOST_LOOKS) {
            stop();
            drop.run();
        }
    }
}
