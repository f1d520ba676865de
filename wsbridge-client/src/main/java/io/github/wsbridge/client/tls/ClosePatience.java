package io.github.wsbridge.client.tls;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Drops a stream that is closed but cannot send what comes before the close, because the peer has read nothing for ten
 * seconds, or in any case after two minutes. Thread-safe.
 */
final class ClosePatience {

    private static final int CHECK_SECONDS = 10;
    private static final int MAX_CHECKS = 12;

    private final Runnable drop;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile long sent;
    private volatile boolean stopped;

    ClosePatience(Runnable drop) {
        this.drop = drop;
    }

    /** Something was sent. Called by one thread at a time. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void progress() {
        sent++;
    }

    /** Begins to wait, unless there is nothing to wait for any longer. */
    void start() {
        if (!stopped && started.compareAndSet(false, true)) {
            check(sent, MAX_CHECKS);
        }
    }

    /** The leg below has been closed, and has deadlines of its own. */
    void stop() {
        stopped = true;
    }

    private void check(long before, int left) {
        CompletableFuture.delayedExecutor(CHECK_SECONDS, TimeUnit.SECONDS).execute(() -> {
            long now = sent;
            if (stopped) {
                return;
            }
            if (now == before || left == 1) {
                drop.run();
            } else {
                check(now, left - 1);
            }
        });
    }
}
