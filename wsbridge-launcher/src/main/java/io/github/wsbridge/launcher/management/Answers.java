package io.github.wsbridge.launcher.management;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.concurrent.Deadlines;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is answered to whom. Does not block. */
final class Answers {

    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private static final Duration PROBE = Duration.ofSeconds(5);
    private static final CloseReason ENDED = new CloseReason(CloseReason.POLICY_VIOLATION, "ended by the operator");
    private static final String BRIDGES = "/bridges/";

    private final BridgeNode node;
    private final ReadAccess access;
    private final Map<String, Supplier<Answer>> pages;
    private final ScheduledExecutorService timer;

    /**
     * @param pages what can be read, by path
     * @param timer for deadlines
     */
    Answers(BridgeNode node, ReadAccess access, Map<String, Supplier<Answer>> pages, ScheduledExecutorService timer) {
        this.node = node;
        this.access = access;
        this.pages = pages;
        this.timer = timer;
    }

    /**
     * A request.
     *
     * @param path without the query
     * @param from the client's address
     * @param caller what shows who asks
     * @param foreign whether a browser says that another site's page has sent it
     */
    record Question(String method, String path, InetSocketAddress from, ReadAccess.Request caller, boolean foreign) {

        boolean reads() {
            return method.equals("GET") || method.equals("HEAD");
        }
    }

    /** Answers, always normally. */
    CompletionStage<Answer> to(Question asked) {
        CompletionStage<Answer> answer;
        try {
            answer = answer(asked);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.exceptionally(failure -> {
            if (failure instanceof TimeoutException || failure.getCause() instanceof TimeoutException) {
                return Answer.said(503, "no answer in time");
            }
            log.warn("failed to answer {}", asked.path(), failure);
            return Answer.said(500, "failed");
        });
    }

    private CompletionStage<Answer> answer(Question asked) {
        String path = asked.path();
        if (path.equals(Endpoints.LIVEZ) || path.equals(Endpoints.READYZ)) {
            return asked.reads() ? probe(path, asked.from()) : done(Answer.said(405, "use GET"));
        }
        if (path.startsWith(BRIDGES) && asked.method().equals("DELETE")) {
            return done(end(asked, path.substring(BRIDGES.length())));
        }
        Supplier<Answer> page = pages.get(path);
        if (!asked.reads()) {
            return done(Answer.said(405, "use GET"));
        }
        Answer refusal = refusal(asked.caller());
        return done(refusal != null ? refusal : page == null ? Answer.said(404, "not found") : page.get());
    }

    private static CompletionStage<Answer> done(Answer answer) {
        return CompletableFuture.completedFuture(answer);
    }

    /** Returns why somebody may not read, or null. */
    @Nullable
    Answer refusal(ReadAccess.Request caller) {
        return refusal(access.decide(caller), "use a name of this machine");
    }

    private static @Nullable Answer refusal(int decision, String forbidden) {
        return decision == 200 ? null : Answer.said(decision, decision == 403 ? forbidden : "access denied");
    }

    private Answer end(Question asked, String id) {
        Answer refusal = asked.foreign()
                ? Answer.said(403, "not from a page of another site")
                : refusal(access.decideChange(asked.caller()), "this node has no key for changes");
        if (refusal != null) {
            return refusal;
        }
        try {
            boolean found = node.endBridge(BridgeId.parse(id), ENDED);
            if (found) {
                log.info("bridge {} ended by the operator, from {}", id, Conversation.text(asked.from()));
            }
            return found ? Answer.said(200, "ended") : Answer.said(404, "there is no such bridge");
        } catch (IllegalArgumentException e) {
            return Answer.said(400, "that is no bridge id");
        }
    }

    /** Asks the node, as a client on this machine would. */
    private CompletionStage<Answer> probe(String path, InetSocketAddress from) {
        Handshake asked = new Handshake(path, null, false, name -> List.of(), new Peer(Conversation.text(from)));
        return Deadlines.within(PROBE, node.admit(asked), timer)
                .thenApply(said -> said instanceof Admission.Refused answer
                        ? Answer.said(answer.status(), answer.reason())
                        : Answer.said(500, "no answer"));
    }
}
