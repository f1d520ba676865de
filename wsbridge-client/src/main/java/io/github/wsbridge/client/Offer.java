package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Step;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One invitation while a handler processes it. The future of the answer decides which answer wins. */
final class Offer implements IncomingBridge {

    private static final CloseReason LATE = new CloseReason(CloseReason.TIMED_OUT, "not answered in time");
    private static final CloseReason GONE = new CloseReason(CloseReason.BAD_TOKEN, "the requester has gone");

    private final Invitation invitation;
    private final Dialer dialer;
    private final SetupTracer.Span span;
    private final long end; // by System.nanoTime()
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final CompletableFuture<BridgeChannel> accepted = new CompletableFuture<>();
    private final CompletableFuture<BridgeLeg> acceptedLeg = new CompletableFuture<>();
    /** The kind of acceptance, unless the invitation is rejected. */
    private final AtomicReference<@Nullable CompletableFuture<?>> form = new AtomicReference<>();

    private final CompletableFuture<Void> over = new CompletableFuture<>();

    /** @param life how long the invitation lasts from now on */
    Offer(Invitation invitation, Dialer dialer, Duration life) {
        this.invitation = invitation;
        this.dialer = dialer;
        this.span = dialer.tracer()
                .start(
                        new Step(Kind.INVITATION, invitation.bridgeId(), invitation.deviceId(), ""),
                        invitation.trace(),
                        TraceContext.NONE);
        this.end = System.nanoTime() + life.toNanos();
        answer.thenAccept(said -> {
            if (said instanceof Answer.Accepted) {
                return; // the span ends with the attempt
            }
            span.end(said instanceof Answer.Rejected no ? CloseReason.rejected(no.rejection()) : LATE);
            over.complete(null);
        });
    }

    @Override
    public BridgeId bridgeId() {
        return invitation.bridgeId();
    }

    @Override
    public String deviceId() {
        return invitation.deviceId();
    }

    @Override
    public String requestData() {
        return invitation.requestData();
    }

    @Override
    public String principal() {
        return invitation.principal();
    }

    @Override
    public String reason() {
        return invitation.reason();
    }

    @Override
    public Instant expiresAt() {
        return invitation.expiresAt();
    }

    @Override
    public CompletableFuture<BridgeChannel> accept() {
        return accept(
                accepted,
                uris -> dialer.channel(uris, principal(), openingSpan()),
                BridgeChannel::close,
                BridgeChannel::closed);
    }

    @Override
    public CompletableFuture<BridgeLeg> acceptLeg() {
        return accept(
                acceptedLeg,
                uris -> dialer.bridge(uris, principal(), openingSpan()),
                BridgeLeg::close,
                leg -> ((GreetedLeg) leg).ended());
    }

    private SetupTracer.Span openingSpan() {
        String server = invitation.acceptUrl().getRawAuthority();
        return dialer.tracer()
                .start(new Step(Kind.OPEN, bridgeId(), deviceId(), server), span.context(), TraceContext.NONE);
    }

    private <B> CompletableFuture<B> accept(
            CompletableFuture<B> future,
            Function<List<URI>, CompletableFuture<B>> open,
            BiConsumer<B, CloseReason> close,
            Function<B, CompletionStage<?>> ended) {
        if (form.compareAndSet(null, future) && answer.complete(new Answer.Accepted())) {
            CompletableFuture<B> opening = AcceptAttempts.start(
                    () -> open.apply(List.of(invitation.acceptUrl())), close, left(), dialer.scheduler());
            opening.whenComplete((bridge, failure) -> {
                span.end(failure == null ? null : Dialer.reason(failure));
                if (failure != null) {
                    future.completeExceptionally(failure);
                } else if (!future.complete(bridge)) {
                    close.accept(bridge, new CloseReason(CloseReason.GOING_AWAY, "gave up"));
                }
            });
            future.whenComplete((bridge, failure) -> {
                opening.cancel(true);
                if (failure != null) {
                    over.complete(null);
                } else {
                    ended.apply(bridge).thenAccept(reason -> over.complete(null));
                }
            });
        }
        return form.get() == future && answer.join() instanceof Answer.Accepted
                ? future
                : CompletableFuture.failedFuture(
                        new IllegalStateException("already rejected, expired or accepted in another way"));
    }

    @Override
    public boolean reject(int code, String reason) {
        return answer.complete(new Answer.Rejected(code, reason));
    }

    @Override
    public CompletionStage<Void> lapsed() {
        CompletableFuture<Void> lapsed = new CompletableFuture<>();
        answer.thenAccept(said -> {
            if (said instanceof Answer.Expired) {
                lapsed.complete(null);
            }
        });
        return lapsed;
    }

    /** Returns where the invitation is in its trace. */
    TraceContext trace() {
        return span.context();
    }

    /** Makes the invitation's span the current one of the thread. */
    SetupTracer.Scope enter() {
        return span.enter();
    }

    /** Returns how long the invitation still lasts. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    boolean answered() {
        return answer.isDone();
    }

    void expire() {
        answer.complete(new Answer.Expired());
    }

    /** Called when the requester has gone: nobody waits for an answer, nor for a bridge that is being opened. */
    void withdraw() {
        span.end(GONE);
        expire();
        CompletableFuture<?> opening = form.get();
        if (opening != null) {
            opening.completeExceptionally(new BridgeException(GONE));
        }
    }

    /** Completes normally if a bridge is established; fails, or never completes, if there is none. */
    CompletionStage<?> established() {
        return CompletableFuture.anyOf(accepted, acceptedLeg);
    }

    /** Called when the handler has thrown: rejects, or closes the bridge that the handler has accepted. */
    void fail() {
        if (!reject(500, "the device's handler failed")) {
            CloseReason reason = new CloseReason(CloseReason.INTERNAL_ERROR, "the device's handler failed");
            accepted.thenAccept(channel -> channel.close(reason));
            acceptedLeg.thenAccept(leg -> leg.close(reason));
        }
    }

    CompletionStage<Answer> answer() {
        return answer.minimalCompletionStage();
    }

    /** Completes when the invitation is over: it was not accepted, or its bridge has ended. */
    CompletableFuture<Void> over() {
        return over;
    }

    /** Returns the bridge's id and who requests it, without token, URL or request data. */
    @Override
    public String toString() {
        String by = principal().isEmpty() ? "" : ", requested by " + principal().replaceAll("\\p{Cntrl}", "?");
        return "IncomingBridge[" + bridgeId() + by + "]";
    }
}
