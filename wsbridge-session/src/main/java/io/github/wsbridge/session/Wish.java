package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A stream that a user has asked for, over all attempts to open it. Thread-safe. */
final class Wish {

    private static final int ATTEMPTS = 4;

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
