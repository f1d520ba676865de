package io.github.wsbridge.client;

import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.Reasons;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A handler that asks before another handler gets a bridge: a person at the device, or a program. Each answer is logged
 * with the name of who requests the bridge. Thread-safe; does not block.
 *
 * <p>Requesters get 4403 with {@code 403 the person at the device said no}, or with {@code 408 nobody at the device
 * answered in time}. If as many questions are open as permitted, further ones are not asked, and answered with 429.
 *
 * <p>How much {@link IncomingBridge#principal} is worth depends on the node; on one that is open to everyone it is
 * empty or {@code anonymous}. Requests of one principal for the same target share a question while it is open. Requests
 * of unknown principals do not, since they may be of different people.
 */
public final class Consent implements BridgeDevice.Handler {

    private static final Logger log = LoggerFactory.getLogger(Consent.class);

    /** What remains of an invitation's life for reaching the target and accepting. */
    private static final Duration RESERVE = Duration.ofSeconds(2);

    private static final Duration SHORTEST = Duration.ofMillis(100);

    private static final String NO = "the person at the device said no";
    private static final String NOBODY = "nobody at the device answered in time";

    private final Questions questions;
    private final BridgeDevice.Handler next;
    private final Duration timeLimit;
    private final Executor executor;

    /** Asks a person or a program. Implementations are thread-safe. */
    @FunctionalInterface
    public interface Asker {

        /**
         * Asks one question. Must not block.
         *
         * @param incoming who requests what; must be neither accepted nor rejected here. What the requester says in it
         *     is untrusted
         * @param limit the time after which the answer does not count any longer
         * @return completes with the answer, on any thread; cancelled when nobody waits for it any longer. A failure is
         *     answered with 500, except for a {@link TimeoutException}, which means that nobody answered
         */
        CompletionStage<Boolean> ask(IncomingBridge incoming, Duration limit);
    }

    private Consent(Builder builder) {
        questions = new Questions(builder.asker, builder.maxQuestions, builder.remember);
        next = builder.next;
        timeLimit = builder.timeLimit;
        executor = builder.executor;
    }

    /**
     * Returns a builder.
     *
     * @param asker asks
     * @param next gets the bridges that are permitted, such as {@link TunnelTargets}
     */
    public static Builder builder(Asker asker, BridgeDevice.Handler next) {
        return new Builder(asker, next);
    }

    @Override
    public void handle(IncomingBridge incoming) {
        Duration limit = limit(incoming.expiresAt());
        CompletableFuture<Boolean> answer = questions.ask(incoming, limit);
        if (answer == null) {
            log.warn("{}: not asked, since too many questions are open", incoming);
            incoming.reject(429, "the device has too many open questions");
            return;
        }
        incoming.lapsed().thenRun(() -> answer.cancel(false));
        answer.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((yes, failure) -> decided(incoming, yes, failure));
    }

    /** The device's clock may be wrong, in which case the expiry means nothing here. */
    private Duration limit(Instant expiry) {
        Duration left = Duration.between(Instant.now(), expiry).minus(RESERVE);
        return left.compareTo(SHORTEST) < 0 || left.compareTo(timeLimit) > 0 ? timeLimit : left;
    }

    private void decided(IncomingBridge incoming, @Nullable Boolean yes, @Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (Boolean.TRUE.equals(yes)) {
            log.info("{}: permitted", incoming);
            executor.execute(() -> pass(incoming));
        } else if (cause == null) {
            log.info("{}: {}", incoming, NO);
            incoming.reject(403, NO);
        } else if (cause instanceof TimeoutException) {
            log.info("{}: {}", incoming, NOBODY);
            incoming.reject(408, NOBODY);
        } else if (cause instanceof CancellationException) {
            log.info("{}: the requester has gone before there was an answer", incoming);
            incoming.reject(408, NOBODY); // heard by nobody, but a place may become free
        } else {
            log.warn("{}: nobody could be asked: {}", incoming, Reasons.of(cause));
            incoming.reject(500, "the device cannot ask anybody");
        }
    }

    private void pass(IncomingBridge incoming) {
        try {
            next.handle(incoming);
        } catch (Throwable e) { // even after an Error, the requester waits for an answer
            incoming.reject(500, "the device's handler failed");
            log.warn("The handler failed for {}", incoming, e);
        }
    }

    /** Settings; all optional. Not thread-safe. */
    public static final class Builder {
        private final Asker asker;
        private final BridgeDevice.Handler next;
        private Duration timeLimit = Duration.ofSeconds(25);
        private Duration remember = Duration.ZERO;
        private int maxQuestions = 8;
        private Executor executor = task -> Daemons.start("wsbridge-consent", task);

        private Builder(Asker asker, BridgeDevice.Handler next) {
            this.asker = asker;
            this.next = next;
        }

        /**
         * How long to wait for an answer; 25 seconds by default, or until shortly before the invitation expires if that
         * is sooner. Nodes give devices 30 seconds unless configured otherwise.
         */
        public Builder timeLimit(Duration limit) {
            timeLimit = limit;
            return this;
        }

        /**
         * For how long a yes also counts for further requests of the same principal for the same target; by default,
         * each is asked about. Requests of unknown principals always are.
         */
        public Builder remember(Duration time) {
            remember = time;
            return this;
        }

        /** The maximum number of open questions, 8 by default. */
        public Builder maxQuestions(int max) {
            maxQuestions = max;
            return this;
        }

        /** Runs the handler of permitted bridges; by default, a daemon thread for each. */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /** Builds the handler. */
        public Consent build() {
            return new Consent(this);
        }
    }
}
