package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.InvitationSource.Sink;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The answers to recent invitations: a hub may deliver a message, and a proxy may repeat a method, more than once.
 * Thread-safe.
 */
final class Answers {

    private static final int MAX = 1000;

    private final Map<BridgeId, CompletableFuture<Answer>> known = new LinkedHashMap<>(); // guarded by this

    /** Offers an invitation when it is received for the first time. */
    CompletionStage<Answer> once(Invitation invitation, Sink sink) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        CompletableFuture<Answer> before = remember(invitation.bridgeId(), answer);
        if (before != null) {
            return before;
        }
        try {
            sink.offer(invitation).whenComplete((said, failure) -> {
                if (failure == null) {
                    answer.complete(said);
                } else {
                    answer.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            answer.completeExceptionally(e); // otherwise repetitions would never be answered
        }
        return answer;
    }

    private synchronized @Nullable CompletableFuture<Answer> remember(BridgeId id, CompletableFuture<Answer> answer) {
        CompletableFuture<Answer> before = known.putIfAbsent(id, answer);
        if (known.size() > MAX) {
            known.remove(known.keySet().iterator().next());
        }
        return before;
    }
}
