package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives a device's invitations from its backend or push service: the body of a webhook and its header fields.
 * Thread-safe; no method blocks.
 *
 * <p>A repeated invitation is not offered again: it gets the first answer. The reply contains a rejection, and the
 * device also rejects at the accept URL, because the reply may not reach the node.
 */
public final class WebhookInvitations implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(WebhookInvitations.class);
    private static final int MAX_REMEMBERED = 1000;

    /**
     * The response to the sender of the webhook.
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

    /** Creates a source of the invitations for {@code deviceId} that {@code verifier} finds genuine. */
    public static WebhookInvitations create(String deviceId, WebhookVerifier verifier) {
        return new WebhookInvitations(deviceId, verifier);
    }

    private WebhookInvitations(String deviceId, WebhookVerifier verifier) {
        this.deviceId = deviceId;
        this.verifier = verifier;
    }

    @Override
    public void start(Sink to) {
        sink = to;
        to.listening();
    }

    /**
     * Processes a request as it was received.
     *
     * @param header returns the value of a header field by its case-insensitive name, or null if it is missing
     * @param body the body's bytes as received
     * @return completes normally with the response, when the device has answered or at the latest when the invitation
     *     expires. Wait for it for less time than the node does, or answer 202 immediately
     */
    public CompletionStage<Reply> deliver(Function<String, @Nullable String> header, byte[] body) {
        return deliver(verifier.verify(header, body));
    }

    /** Processes a request that was already verified, so that many devices can share one verifier. */
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
            reply.complete(new Reply(200, ResultJson.unreachable("the device is not listening")));
        } else {
            try {
                to.offer(invitation).whenComplete((answer, failure) -> reply.complete(reply(answer)));
            } catch (RuntimeException e) {
                log.warn("The device failed to process {}", invitation, e);
                reply.complete(reply(null)); // otherwise repetitions would never be answered
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

    /** Accepts no further requests. */
    @Override
    public void close() {
        closed = true;
    }
}
