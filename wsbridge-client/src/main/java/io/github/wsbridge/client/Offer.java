package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.InvitationSource.Answer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One invitation on its way through a handler. The answer's future decides who comes first. */
final class Offer implements IncomingBridge {

    private final Invitation invitation;
    private final Dialer dialer;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final CompletableFuture<BridgeChannel> accepted = new CompletableFuture<>();

    Offer(Invitation invitation, Dialer dialer) {
        this.invitation = invitation;
        this.dialer = dialer;
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
    public Instant expiresAt() {
        return invitation.expiresAt();
    }

    @Override
    public CompletableFuture<BridgeChannel> accept() {
        if (answer.complete(new Answer.Accepted())) {
            CompletableFuture<BridgeChannel> opening = dialer.channel(List.of(invitation.acceptUrl()));
            opening.whenComplete((channel, failure) -> {
                if (failure != null) {
                    accepted.completeExceptionally(failure);
                } else if (!accepted.complete(channel)) {
                    channel.close(new CloseReason(CloseReason.GOING_AWAY, "gave up"));
                }
            });
            accepted.whenComplete((channel, failure) -> opening.cancel(true));
        }
        return answer.join() instanceof Answer.Accepted
                ? accepted
                : CompletableFuture.failedFuture(new IllegalStateException("rejected or expired before"));
    }

    @Override
    public boolean reject(int code, String reason) {
        return answer.complete(new Answer.Rejected(code, reason));
    }

    void expire() {
        answer.complete(new Answer.Expired());
    }

    /** The handler threw: whatever it has begun ends. */
    void fail() {
        if (!reject(500, "the device's handler failed")) {
            accepted.thenAccept(channel ->
                    channel.close(new CloseReason(CloseReason.INTERNAL_ERROR, "the device's handler failed")));
        }
    }

    CompletionStage<Answer> answer() {
        return answer.minimalCompletionStage();
    }

    /** Completes when nothing can come of it any more: it was not accepted, or its bridge has ended. */
    CompletableFuture<Void> over() {
        CompletableFuture<Void> over = new CompletableFuture<>();
        answer.thenAccept(said -> {
            if (!(said instanceof Answer.Accepted)) {
                over.complete(null);
            }
        });
        accepted.whenComplete((channel, failure) -> {
            if (failure != null) {
                over.complete(null);
            } else {
                channel.closed().thenAccept(reason -> over.complete(null));
            }
        });
        return over;
    }

    /** Names the bridge; shows neither token nor URL nor request data. */
    @Override
    public String toString() {
        return "IncomingBridge[" + bridgeId() + "]";
    }
}
