package io.github.wsbridge.spi;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@link Door}'s decision on a {@link Handshake}, carried out by the transport. */
public sealed interface Admission {

    /** A final answer to a handshake: an upgrade or a refusal. */
    sealed interface Decision extends Admission {}

    /**
     * Answers the request with an HTTP status in place of an upgrade: a refusal, except for the status 200, which
     * answers a probe or another request that needs no upgrade.
     *
     * @param status the HTTP status
     * @param reason the body, one line: short plain text unless the fields name another type; a secret only with the
     *     status 200
     * @param retryAfter how long to wait before retrying, sent in whole seconds as {@code Retry-After}; null to omit
     *     the field
     * @param fields further header fields of the answer
     */
    record Refused(int status, String reason, @Nullable Duration retryAfter, Map<String, String> fields)
            implements Decision {

        /** Copies the header fields. */
        public Refused {
            fields = Map.copyOf(fields);
        }

        /** A refusal without further header fields. */
        public Refused(int status, String reason, @Nullable Duration retryAfter) {
            this(status, reason, retryAfter, Map.of());
        }

        /** A refusal without {@code Retry-After}. */
        public Refused(int status, String reason) {
            this(status, reason, null);
        }

        /** An answer of JSON, which nothing on its way may keep. */
        public static Refused json(String json) {
            return new Refused(
                    200, json, null, Map.of("Content-Type", "application/json", "Cache-Control", "no-store"));
        }

        /** Omits a body that may be secret. */
        @Override
        public String toString() {
            return "Refused[" + status + (status == 200 ? "" : ", " + reason) + "]";
        }
    }

    /**
     * Grants the upgrade.
     *
     * @param subprotocol the subprotocol to negotiate; empty for none
     * @param opened receives the leg once the upgrade is done; called at most once, does not block. If the upgrade
     *     fails, the transport just discards the admission.
     */
    record Granted(String subprotocol, Consumer<Leg> opened) implements Decision {}

    /**
     * Keeps the client waiting, its request unanswered, until the decision is made. Meanwhile {@code timeout}
     * applies instead of the transport's handshake timeout.
     *
     * @param decision completes on any thread; if it fails, or does not complete in time, the request is refused with
     *     status 503
     * @param timeout how long the transport waits for the decision
     * @param abandoned called at most once, on any thread, if the decision is no longer of use: the connection was
     *     lost, the timeout expired, or the upgrade failed. Does not block.
     */
    record Later(CompletionStage<? extends Decision> decision, Duration timeout, Runnable abandoned)
            implements Admission {}
}
