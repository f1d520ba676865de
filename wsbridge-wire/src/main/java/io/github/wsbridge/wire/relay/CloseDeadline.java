package io.github.wsbridge.wire.relay;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Drops a closing connection ten seconds after its peer has last taken anything, so that a slow reader still gets what was
 * sent before the close frame; and after two minutes however slowly it reads. Thread-safe.
 */
public final class CloseDeadline {

    private static final int LOOK_MILLIS = 500;
    private static final int MOST_SILENT_LOOKS = 10_000 / LOOK_MILLIS;
    private static final int MOST_LOOKS = 120_000 / LOOK_MILLIS;

    private final ScheduledExecutorService timer;
    private final LongSupplier written;
    private final Runnable drop;
    private @Nullable ScheduledFuture<?> task; // guarded by this

    // Used by the looks only, which never overlap, and set before the first.
    private long seen;
    private int looks;
    private int silent;

    /**
     * A deadline that has not begun.
     *
     * @param timer calls the other two, and is not blocked by them
     * @param written a number that changes whenever the connection takes something; also called by {@link #start}
     * @param drop called once
     */
    public CloseDeadline(ScheduledExecutorService timer, LongSupplier written, Runnable drop) {
        this.timer = timer;
        this.written = written;
        this.drop = drop;
    }

    /** Only the first call counts. */
    public void start() {
        try {
            synchronized (this) {
                if (task == null) {
                    seen = written.getAsLong();
                    task = timer.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
                }
            }
        } catch (RejectedExecutionException e) {
            drop.run(); // the owner of the timer is shutting down
        }
    }

    /** It drops nothing any more. */
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
