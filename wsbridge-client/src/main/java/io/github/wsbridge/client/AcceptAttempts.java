package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Opens an accept URL, again and again while the invitation lasts, if another node may do better: the one that got it
 * was stopping, could not be reached or did not reach the owner, or was lost before the bridge was established. Only a
 * bridge uses a token up.
 */
final class AcceptAttempts<B> {

    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(1);
    private static final int TOO_MANY = 429;

    /** The codes of a node that is stopping or full, that does not reach the owner, or that was lost. */
    private static final Set<Integer> PASSING = Set.of(
            CloseReason.GOING_AWAY, CloseReason.VANISHED, CloseReason.OWNER_UNREACHABLE, CloseReason.UNAVAILABLE);

    private final Supplier<CompletableFuture<B>> open;
    private final BiConsumer<B, CloseReason> close;
    private final ScheduledExecutorService scheduler;
    private final long deadline;
    private final CompletableFuture<B> result = new CompletableFuture<>();
    private Duration pause = SHORTEST; // one attempt at a time

    private AcceptAttempts(
            Supplier<CompletableFuture<B>> open,
            BiConsumer<B, CloseReason> close,
            Duration life,
            ScheduledExecutorService scheduler) {
        this.open = open;
        this.close = close;
        this.scheduler = scheduler;
        this.deadline = System.nanoTime() + life.toNanos();
    }

    /**
     * Starts with the first attempt. If the future ends for any reason, there are no more attempts.
     *
     * @param open begins an attempt, which ends if its future does
     * @param close closes a bridge that is no longer wanted
     * @param life how long the invitation lasts from now on
     */
    static <B> CompletableFuture<B> start(
            Supplier<CompletableFuture<B>> open,
            BiConsumer<B, CloseReason> close,
            Duration life,
            ScheduledExecutorService scheduler) {
        AcceptAttempts<B> attempts = new AcceptAttempts<>(open, close, life, scheduler);
        attempts.attempt();
        return attempts.result;
    }

    private void attempt() {
        if (result.isDone()) {
            return;
        }
        CompletableFuture<B> opening;
        try {
            opening = open.get();
        } catch (Throwable e) { // such as no memory; nobody else would end the wait
            result.completeExceptionally(new IOException("cannot open the accept URL", e));
            return;
        }
        result.whenComplete((made, failure) -> opening.cancel(true));
        opening.whenComplete((bridge, failure) -> {
            if (failure == null) {
                if (!result.complete(bridge)) {
                    close.accept(bridge, new CloseReason(CloseReason.GOING_AWAY, "gave up"));
                }
            } else {
                failed(Dialer.unwrap(failure));
            }
        });
    }

    private void failed(IOException failure) {
        long left = deadline - System.nanoTime() - pause.toNanos();
        if (!elsewhere(failure) || left <= 0) {
            result.completeExceptionally(failure);
            return;
        }
        try {
            scheduler.schedule(this::attempt, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            result.completeExceptionally(failure); // the device is stopping, or cannot wait
        }
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }

    /** Whether another node may do better, or the same a moment later, such as with many devices at one address. */
    private static boolean elsewhere(IOException failure) {
        if (failure instanceof HandshakeException refused) {
            return refused.status() >= 500 || refused.status() == TOO_MANY;
        }
        if (failure instanceof BridgeException ended) {
            return !(ended instanceof Dialer.ClosedHere)
                    && PASSING.contains(ended.closeReason().code());
        }
        return true;
    }
}
