package io.github.wsbridge.core.peers;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.signalling.DeviceListeners;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Step;
import io.github.wsbridge.wire.concurrent.Deadlines;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MessageLeg;
import io.github.wsbridge.wire.message.RejectionJson;
import io.github.wsbridge.wire.message.WithdrawalJson;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Predicate;

/** Serves one peer that has dialled this node, once it has answered a challenge. */
public final class PeerServer implements MessageLeg.Handler {

    private static final CloseReason UNPROVEN =
            new CloseReason(CloseReason.POLICY_VIOLATION, "the challenge has not been answered");

    private static final CloseReason UNDELIVERED =
            new CloseReason(CloseReason.UNREACHABLE, "the device's socket has not taken the invitation");

    private final Peers peers;
    private final DeviceListeners listeners;
    private final DeviceListeners.Rejections rejections;
    private final Predicate<String> unused;
    private final Set<PeerServer> all;
    private final Duration answerWithin;
    private final ScheduledExecutorService scheduler;
    private final SetupTracer tracer;
    private final MessageLeg link;
    private final Peers.Challenges challenges;
    private final CompletableFuture<Peers.Met> met = new CompletableFuture<>();

    /**
     * @param challenge the challenge in the peer's request
     * @param unused whether a signed URL for one bridge has been unused until now
     */
    public PeerServer(
            Leg leg,
            String challenge,
            Peers peers,
            DeviceListeners listeners,
            DeviceListeners.Rejections rejections,
            Predicate<String> unused,
            Set<PeerServer> all,
            Duration answerWithin,
            ScheduledExecutorService scheduler,
            SetupTracer tracer) {
        this.peers = peers;
        this.challenges = peers.challenges(challenge);
        this.listeners = listeners;
        this.rejections = rejections;
        this.unused = unused;
        this.all = all;
        this.answerWithin = answerWithin;
        this.scheduler = scheduler;
        this.tracer = tracer;
        this.link = new MessageLeg(leg, this);
    }

    public void open() {
        all.add(this);
        link.open();
        link.send(peers.greeting(challenges));
        Deadlines.within(answerWithin.multipliedBy(2), met, scheduler).whenComplete((peer, late) -> {
            if (late != null) {
                link.close(UNPROVEN);
            }
        });
    }

    public void close(CloseReason reason) {
        link.close(reason);
    }

    @Override
    public void onMessage(JsonObject message) {
        String type = JsonMessage.type(message);
        Peers.Met peer = met.isDone() ? met.join() : null;
        if (peer == null) {
            peer = type.equals(PeerMessages.PROOF) ? peers.meet(PeerMessages.proof(message), challenges) : null;
            if (peer == null) {
                link.close(UNPROVEN);
            } else {
                met.complete(peer);
            }
            return;
        }
        switch (type) {
            case PeerMessages.DELIVER -> deliver(PeerMessages.number(message), PeerMessages.invitation(message));
            case PeerMessages.SPEND ->
                link.send(PeerMessages.answer(PeerMessages.number(message), unused.test(PeerMessages.nonce(message))));
            case PeerMessages.LISTENING -> {
                peers.heardOf(peer.node());
                Instant since = PeerMessages.since(message).plus(peer.ahead());
                listeners.listensElsewhere(PeerMessages.deviceId(message), since, PeerMessages.client(message));
            }
            case RejectionJson.TYPE ->
                rejections.rejected(RejectionJson.readToken(message), RejectionJson.read(message));
            case WithdrawalJson.TYPE ->
                listeners.withdraw(PeerMessages.deviceId(message), WithdrawalJson.readToken(message));
            default -> {} // a newer peer may send other messages
        }
    }

    private void deliver(long number, Invitation invitation) {
        SetupTracer.Span span = listeners.expects(invitation.deviceId()) ? span(invitation) : null; // most ask in vain
        CompletionStage<Void> delivered = span == null ? null : listeners.deliver(invitation.with(span.context()));
        if (span == null || delivered == null) {
            link.send(PeerMessages.answer(number, false));
            if (span != null) {
                span.end(UNDELIVERED);
            }
        } else {
            // A device that does not read must not be mistaken for a peer that does not answer.
            Deadlines.within(answerWithin, delivered, scheduler).whenComplete((done, failure) -> {
                link.send(PeerMessages.answer(number, failure == null));
                span.end(failure == null ? null : UNDELIVERED);
            });
        }
    }

    private SetupTracer.Span span(Invitation invitation) {
        Step step = new Step(Kind.DELIVER, invitation.bridgeId(), invitation.deviceId(), null, "listen", "");
        return tracer.start(step, invitation.trace(), TraceContext.NONE);
    }

    @Override
    public void onClosed(CloseReason reason) {
        all.remove(this);
        met.cancel(false);
    }
}
