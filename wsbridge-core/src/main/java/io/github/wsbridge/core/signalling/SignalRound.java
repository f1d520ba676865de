package io.github.wsbridge.core.signalling;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.SetupTracer;
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
 * Signals one invitation over the channels of its device.
 *
 * <p>The next channel is tried when one cannot reach the device, fails, or does not answer within an equal share of the
 * remaining time: of two channels the first has half of the accept timeout to itself. A later answer still counts. So
 * does a rejection by the device after another channel has delivered the invitation, although the stage has completed
 * by then.
 */
final class SignalRound {

    private static final Logger log = LoggerFactory.getLogger(SignalRound.class);

    private final List<Signaller> channels;
    private final Invitation invitation;
    private final Predicate<BridgeId> wanted;
    private final BiConsumer<BridgeId, Rejection> late;
    private final InstantSource clock;
    private final ScheduledExecutorService scheduler;
    private final BridgeListener events;
    private final SignalSpans spans;
    private final CompletableFuture<Result> result = new CompletableFuture<>();

    // Guarded by this.
    private int tried;
    private int denied;
    private Result denial = new Result.Unreachable("the device cannot be reached");
    private @Nullable Future<?> patience;

    SignalRound(
            List<Signaller> channels,
            Invitation invitation,
            Predicate<BridgeId> wanted,
            BiConsumer<BridgeId, Rejection> late,
            InstantSource clock,
            ScheduledExecutorService scheduler,
            BridgeListener events,
            SignalSpans spans) {
        this.channels = channels;
        this.invitation = invitation;
        this.wanted = wanted;
        this.late = late;
        this.clock = clock;
        this.scheduler = scheduler;
        this.events = events;
        this.spans = spans;
    }

    CompletionStage<Result> start() {
        attempt(0);
        return result.minimalCompletionStage();
    }

    /** Tries a channel if it is next. */
    private void attempt(int index) {
        synchronized (this) {
            if (index != tried || index == channels.size() || result.isDone()) {
                return;
            }
            tried++;
            cancelPatience();
        }
        if (index > 0 && !wanted.test(invitation.bridgeId())) {
            return; // the requester has gone, or a silent channel has brought the device: no failure to report
        }
        Signaller channel = channels.get(index);
        String kind = kind(channel);
        events.onInvited(invitation.bridgeId(), kind);
        long asked = System.nanoTime();
        SetupTracer.Span span = spans.start(invitation, kind);
        CompletionStage<Result> answer;
        try (SetupTracer.Scope here = span.enter()) {
            answer = Objects.requireNonNull(
                    channel.signal(invitation.with(span.context())), "a signaller returned null");
        } catch (Throwable e) { // even an Error: the next channel may do
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((said, failure) -> {
            span.end(failure == null && said != null ? SignalSpans.failure(said) : SignalSpans.BROKEN);
            events.onChannelAnswered(
                    invitation.bridgeId(),
                    kind,
                    failure == null ? said : null,
                    Duration.ofNanos(System.nanoTime() - asked));
            answered(index, said, failure);
        });
        watch(index);
    }

    private static String kind(Signaller channel) {
        try {
            return channel.channel();
        } catch (RuntimeException e) { // a name is not worth a bridge
            return "custom";
        }
    }

    private void answered(int index, @Nullable Result said, @Nullable Throwable failure) {
        if (failure != null || said == null) {
            log.warn("{} failed for {}", channels.get(index).getClass().getSimpleName(), invitation, failure);
            said = new Result.Unreachable(SignalSpans.BROKEN.reason());
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
                denial = said; // reported in preference to Unreachable: a later attempt may succeed
            }
        }
        if (all) {
            finish(denial());
        } else {
            attempt(index + 1);
        }
    }

    /** Schedules the next channel in case this one does not answer. */
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
