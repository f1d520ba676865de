package io.github.wsbridge.core.limits;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Adds deadlines to stages that other code completes. */
public final class Deadlines {

    private Deadlines() {}

    /**
     * Returns the outcome of {@code stage}, or fails with a {@link TimeoutException} if it does not complete in time.
     */
    public static <T> CompletableFuture<T> within(
            Duration limit, CompletionStage<T> stage, ScheduledExecutorService scheduler) {
        if (stage instanceof CompletableFuture<T> done && done.isDone()) {
            return done; // no need to wake the scheduler's thread
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        Future<?> alarm;
        try {
            alarm = scheduler.schedule(
                    () -> result.completeExceptionally(new TimeoutException("no answer within " + limit)),
                    limit.toNanos(),
                    TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e); // the node has stopped
        }
        stage.whenComplete((value, failure) -> {
            alarm.cancel(false);
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }
}
