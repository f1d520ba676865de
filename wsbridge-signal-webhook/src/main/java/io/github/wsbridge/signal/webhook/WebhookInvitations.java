package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.InvitationSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a device what its backend or its push service hands it: the body of a webhook and the header fields that go with it.
 * Thread-safe; no method blocks.
 *
 * <p>What comes a second time is not offered again: it gets the answer of the first time. A rejection is in the answer, and the
 * device also says it at the accept URL, since nobody knows whether the answer goes all the way back.
 */
public final class WebhookInvitations implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(WebhookInvitations.class);
    private static final int MAX_REMEMBERED = 1000;

    /**
     * What to answer the webhook's sender.
     *
     * @param status the HTTP status
     * @param body JSON; the content type is {@code application/json}
     */
    public record Reply(int status, String body) {}

    private final String deviceId;
    private final WebhookVerifier verifier;
    private final Map<BridgeId, CompletableFuture<Reply>> replies = new LinkedHashMap<>(); // guarded by itself
    private volatile @Nullable Sink sink;
    private volatile boolean closed;

    /** Brings what is for {@code deviceId} and what {@code verifier} takes for genuine. */
    public WebhookInvitations(String deviceId, WebhookVerifier verifier) {
        this.deviceId = deviceId;
        this.verifier = verifier;
    }

    @Override
    public void start(Sink to) {
        sink = to;
        to.listening();
    }

    /**
     * Takes a request as it came.
     *
     * @param header gives the value of a header field by its name, null where it is missing; names in any case
     * @param body the body's bytes as they came
     * @return completes, always normally, with what to answer, when the device has answered, at the latest when the invitation
     *     expires; wait less long for it than the node waits, or answer 202 at once
     */
    public CompletionStage<Reply> deliver(Function<String, @Nullable String> header, byte[] body) {
        return deliver(verifier.verify(header, body));
    }

    /** Takes what was judged before, so that one verifier may stand before many devices. */
    public CompletionStage<Reply> deliver(WebhookVerifier.Verdict verdict) {
        if (verdict instanceof WebhookVerifier.Verdict.Refused refused) {
            return reply(refused.status(), ResultJson.error(refused.why()));
        }
        if (verdict instanceof WebhookVerifier.Verdict.Repeated repeated) {
            synchronized (replies) {
                CompletableFuture<Reply> known =
                        replies.get(repeated.invitation().bridgeId());
                return known != null
                        ? known.minimalCompletionStage()
                        : reply(202, ResultJson.result(ResultJson.DEFERRED));
            }
        }
        return offer(((WebhookVerifier.Verdict.Genuine) verdict).invitation());
    }

    private CompletionStage<Reply> offer(Invitation invitation) {
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        synchronized (replies) {
            replies.put(invitation.bridgeId(), reply);
            if (replies.size() > MAX_REMEMBERED) {
                replies.remove(replies.keySet().iterator().next());
            }
        }
        Sink to = sink;
        if (closed || to == null || !invitation.deviceId().equals(deviceId)) {
            reply.complete(new Reply(200, ResultJson.unreachable("the device does not listen")));
        } else {
            try {
                to.offer(invitation).whenComplete((answer, failure) -> reply.complete(reply(answer)));
            } catch (RuntimeException e) {
                log.warn("The device did not take {}", invitation, e);
                reply.complete(reply(null)); // or repetitions would wait for good
            }
        }
        return reply.minimalCompletionStage();
    }

    private static Reply reply(@Nullable Answer answer) {
        if (answer instanceof Answer.Accepted) {
            return new Reply(200, ResultJson.result(ResultJson.DELIVERED));
        }
        return answer instanceof Answer.Rejected no
                ? new Reply(200, ResultJson.rejected(no.rejection()))
                : new Reply(202, ResultJson.result(ResultJson.DEFERRED));
    }

    private static CompletionStage<Reply> reply(int status, String body) {
        return CompletableFuture.completedFuture(new Reply(status, body));
    }

    /** Takes nothing any more. */
    @Override
    public void close() {
        closed = true;
    }
}
