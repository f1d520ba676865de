package io.github.wsbridge.core.signalling;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Signaller.Result;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One invitation's way through the channels that are for its device.
 *
 * <p>A channel that says no, fails or stays silent too long hands on to the next. Silent too long is an equal share of the time
 * that is left: of two channels the first has half of the accept timeout for itself. What it says later still counts: so does
 * the device's no after another channel has delivered the invitation, where nothing more can come of the stage.
 */
final class SignalRound {

    private static final Logger log = LoggerFactory.getLogger(SignalRound.class);

    private final List<Signaller> channels;
    private final Invitation invitation;
    private final Predicate<BridgeId> wanted;
    private final BiConsumer<BridgeId, Rejection> late;
    private final InstantSource clock;
    private final ScheduledExecutorService scheduler;
    private final CompletableFuture<Result> result = new CompletableFuture<>();

    // Guarded by this.
    private int tried;
    private int denied;
    private Result denial = new Result.Unreachable("device not reachable");
    private @Nullable Future<?> patience;

    SignalRound(
            List<Signaller> channels,
            Invitation invitation,
            Predicate<BridgeId> wanted,
            BiConsumer<BridgeId, Rejection> late,
            InstantSource clock,
            ScheduledExecutorService scheduler) {
        this.channels = channels;
        this.invitation = invitation;
        this.wanted = wanted;
        this.late = late;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    CompletionStage<Result> start() {
        attempt(0);
        return result.minimalCompletionStage();
    }

    /** Tries a channel, if it is the next one. */
    private void attempt(int index) {
        synchronized (this) {
            if (index != tried || index == channels.size() || result.isDone()) {
                return;
            }
            tried++;
            cancelPatience();
        }
        if (index > 0 && !wanted.test(invitation.bridgeId())) {
            return; // the requester has gone, or a silent channel has brought the device: nothing is denied
        }
        Signaller channel = channels.get(index);
        CompletionStage<Result> answer;
        try {
            answer = Objects.requireNonNull(channel.signal(invitation), "a signaller gave no stage");
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((said, failure) -> answered(index, said, failure));
        watch(index);
    }

    private void answered(int index, @Nullable Result said, @Nullable Throwable failure) {
        if (failure != null || said == null) {
            log.warn("{} failed for {}", channels.get(index).getClass().getSimpleName(), invitation, failure);
            said = new Result.Unreachable("secondary channel failed");
        }
        if (said instanceof Result.Delivered || said instanceof Result.Rejected) {
            finish(said);
            return;
        }
        boolean all;
        synchronized (this) {
            denied++;
            all = denied == channels.size();
            if (said instanceof Result.Throttled || !(denial instanceof Result.Throttled)) {
                denial = said; // a later try may do better: worth more than a flat no
            }
        }
        if (all) {
            finish(denial());
        } else {
            attempt(index + 1);
        }
    }

    /** Sees that the next channel is tried in time if this one stays silent. */
    private void watch(int index) {
        synchronized (this) {
            if (result.isDone() || tried != index + 1 || tried == channels.size()) {
                return;
            }
            Duration share =
                    Duration.between(clock.instant(), invitation.expiresAt()).dividedBy(channels.size() - index);
            try {
                patience = scheduler.schedule(
                        () -> attempt(index + 1), Math.max(0, share.toNanos()), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                return; // the node has stopped
            }
        }
        if (result.isDone()) {
            cancelPatience();
        }
    }

    private void finish(Result said) {
        boolean first = result.complete(said);
        cancelPatience();
        if (!first && said instanceof Result.Rejected no) {
            late.accept(invitation.bridgeId(), no.rejection());
        }
    }

    private synchronized Result denial() {
        return denial;
    }

    private synchronized void cancelPatience() {
        if (patience != null) {
            patience.cancel(false);
            patience = null;
        }
    }
}
