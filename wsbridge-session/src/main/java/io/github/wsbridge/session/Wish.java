package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A stream that a user has asked for, over all attempts to open it. Thread-safe. */
final class Wish {

    private static final int ATTEMPTS = 4;

    /** Before the second attempt; doubled before each further one. */
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

    final String requestData;
    final CompletableFuture<BridgeLeg> result = new CompletableFuture<>();
    private final long deadline;
    private int attempts; // made one after the other

    Wish(String requestData, Duration patience) {
        this.requestData = requestData;
        this.deadline = System.nanoTime() + patience.toNanos();
    }

    /** Returns whether another attempt may be made after one was lost with its session. */
    boolean again() {
        return !result.isDone() && ++attempts < ATTEMPTS && System.nanoTime() - deadline < 0;
    }

    /** Returns how long to wait before the attempt that {@link #again} has permitted. */
    long pauseNanos() {
        long longest = PAUSE << attempts - 1;
        return Math.min(nanosLeft(), longest - ThreadLocalRandom.current().nextLong(longest / 2));
    }

    long nanosLeft() {
        return Math.max(0, deadline - System.nanoTime());
    }

    void late() {
        result.completeExceptionally(
                new BridgeException(new CloseReason(CloseReason.TIMED_OUT, "no stream became free in time")));
    }

    /** Ends with what an attempt gave. */
    void take(@Nullable BridgeLeg leg, @Nullable Throwable failure) {
        if (failure != null) {
            result.completeExceptionally(failure);
        } else if (leg != null && !result.complete(leg)) {
            leg.close(new CloseReason(CloseReason.GOING_AWAY, "gave up"));
        }
    }

    /** Cancels an attempt if the wish is given up. */
    void abandon(CompletableFuture<?> attempt) {
        result.whenComplete((leg, failure) -> {
            if (failure != null) {
                attempt.cancel(true);
            }
        });
    }
}
