package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.wire.net.Reasons;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes a device's invitations to its handler, up to a maximum at a time, and ensures that each is answered once. More
 * wait until there is a place.
 */
final class Reception {

    private static final Logger log = LoggerFactory.getLogger(Reception.class);

    /** How long an offer is kept if, because the two clocks disagree, its expiry is not in the near future. */
    private static final Duration DEFAULT_LIFE = Duration.ofMinutes(1);

    /** How long a channel may take to carry a rejection back; the requester waits meanwhile. */
    private static final int REJECT_SECONDS = 5;

    private static final Duration LONGEST_LIFE = Duration.ofMinutes(10);

    /** The last of these parts of its life is too short for an invitation that still waits: it is rejected. */
    private static final int PARTS = 10;

    private static final String TOO_MANY = "the device has too many bridges";
    private static final String STOPPING = "the device is stopping";

    private final BridgeDevice.Handler handler;
    private final Dialer dialer;
    private final Origins origins;
    private final Places places;
    private final Map<BridgeToken, Offer> offers = new ConcurrentHashMap<>(); // neither over nor established
    private final InstantSource clock;

    Reception(BridgeDevice.Handler handler, Dialer dialer, Origins origins, int maxBridges, InstantSource clock) {
        this.handler = handler;
        this.dialer = dialer;
        this.origins = origins;
        this.places = new Places(maxBridges);
        this.clock = clock;
    }

    CompletionStage<Answer> receive(Invitation invitation, InvitationSource source) {
        Offer offer = new Offer(invitation, dialer, life(invitation));
        boolean trusted = origins.trust(invitation.acceptUrl());
        offer.answer().thenAccept(answer -> {
            log.debug("{}: {}", offer, answer);
            if (answer instanceof Answer.Rejected no) {
                reject(invitation, no.rejection(), source, trusted, offer.trace());
            }
        });
        if (!trusted) {
            log.warn("{} rejected: {}", offer, origins.whyNot(invitation.acceptUrl()));
            offer.reject(
                    403,
                    "the device does not know " + Origins.place(invitation.acceptUrl()) + "; see the device's log");
        } else {
            enter(offer, invitation.token());
        }
        return offer.answer();
    }

    /** Ends the attempt whose requester has gone. */
    void withdraw(BridgeToken token) {
        Offer offer = offers.get(token);
        if (offer != null) {
            log.debug("The requester of {} has gone", offer);
            offer.withdraw();
        }
    }

    /** Rejects all invitations that have not been answered. */
    void close() {
        offers.values().forEach(offer -> offer.reject(503, STOPPING));
    }

    /** Has an offer wait for a place, but not longer than its requester does. */
    private void enter(Offer offer, BridgeToken token) {
        offers.put(token, offer);
        offer.over().thenRun(() -> offers.remove(token, offer));
        offer.established().thenRun(() -> offers.remove(token, offer));
        try {
            ScheduledFuture<?> expiry = later(offer.left(), offer::expire);
            offer.answer().thenRun(() -> expiry.cancel(false));
            Places.Ticket ticket = places.enter(offer.requestData(), place -> admit(offer, place));
            if (ticket == null) {
                offer.reject(503, TOO_MANY);
            } else if (ticket.waits()) {
                Duration left = offer.left();
                ScheduledFuture<?> patience = later(left.minus(left.dividedBy(PARTS)), () -> {
                    if (ticket.leaveLine()) {
                        offer.reject(503, TOO_MANY);
                    }
                });
                offer.answer().thenRun(() -> {
                    patience.cancel(false);
                    ticket.leaveLine();
                });
            }
        } catch (RejectedExecutionException e) {
            offer.reject(503, STOPPING);
        }
    }

    private ScheduledFuture<?> later(Duration pause, Runnable task) {
        return dialer.scheduler().schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Rejects over the channel that the invitation came from, and at the accept URL if that does not succeed soon. */
    private void reject(
            Invitation invitation, Rejection no, InvitationSource source, boolean trusted, TraceContext trace) {
        CompletableFuture<Boolean> carried = new CompletableFuture<>();
        try {
            source.reject(invitation, no)
                    .whenComplete((taken, failure) -> carried.complete(Boolean.TRUE.equals(taken)));
        } catch (RuntimeException e) {
            log.warn("A source failed to reject {}", invitation, e);
            carried.complete(false);
        }
        if (!carried.isDone()) {
            try {
                ScheduledFuture<?> patience =
                        dialer.scheduler().schedule(() -> carried.complete(false), REJECT_SECONDS, TimeUnit.SECONDS);
                carried.thenRun(() -> patience.cancel(false));
            } catch (RejectedExecutionException e) {
                carried.complete(false); // the device is stopping
            }
        }
        carried.thenAccept(done -> {
            if (!done && trusted) {
                dialer.knock(Endpoints.reject(invitation.acceptUrl(), no), life(invitation), trace);
            }
        });
    }

    private void admit(Offer offer, Places.Ticket place) {
        CompletableFuture<Void> handled = new CompletableFuture<>();
        CompletableFuture.allOf(handled, offer.over()).thenRun(place::giveBack);
        offer.established().thenRun(place::settle);
        try {
            dialer.executor().execute(() -> handle(offer, handled));
        } catch (RejectedExecutionException e) {
            offer.reject(503, STOPPING);
            handled.complete(null);
        } catch (Throwable e) { // such as: unable to create native thread
            offer.reject(503, "the device cannot handle a bridge now");
            handled.complete(null);
            log.warn("There is no thread for {}: {}", offer, e.toString());
        }
    }

    private void handle(Offer offer, CompletableFuture<Void> handled) {
        try {
            if (!offer.answered()) { // it may have waited for a place until its requester had gone
                try (SetupTracer.Scope here = offer.enter()) {
                    handler.handle(offer);
                }
            }
        } catch (Throwable e) { // even after an Error, the requester waits for an answer or holds the other end
            offer.fail();
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof BridgeException) { // the bridge's end, which is not the handler's fault
                log.info("{} ended: {}", offer, Reasons.of(cause));
            } else {
                log.warn("The handler failed for {}", offer, e);
            }
        } finally {
            handled.complete(null);
        }
    }

    /** The device's clock may be wrong, in which case the expiry set by the node is meaningless here. */
    private Duration life(Invitation invitation) {
        Duration left = Duration.between(clock.instant(), invitation.expiresAt());
        return left.isNegative() || left.isZero() || left.compareTo(LONGEST_LIFE) > 0 ? DEFAULT_LIFE : left;
    }
}
