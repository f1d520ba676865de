package io.github.wsbridge.spi;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a {@link Door} says to a {@link Handshake}. The transport carries it out. */
public sealed interface Admission {

    /** The answer to a handshake for good: an upgrade or a refusal. */
    sealed interface Decision extends Admission {}

    /**
     * Refuse before the upgrade.
     *
     * @param status the HTTP status
     * @param reason a short plain-text body; never a secret
     * @param retryAfter when to try again, for the {@code Retry-After} field in whole seconds; null for no such field
     */
    record Refused(int status, String reason, @Nullable Duration retryAfter) implements Decision {

        /** A refusal that does not say when to try again. */
        public Refused(int status, String reason) {
            this(status, reason, null);
        }
    }

    /**
     * Upgrade.
     *
     * @param subprotocol the subprotocol to agree on; empty for none
     * @param opened takes the leg once the upgrade is done; called at most once, does not block. A transport whose upgrade
     *     fails just drops the admission.
     */
    record Granted(String subprotocol, Consumer<Leg> opened) implements Decision {}

    /**
     * Keep the client waiting, without an answer to its request, until the decision is made. The transport's handshake
     * timeout no longer applies; {@code timeout} does.
     *
     * @param decision completes on any thread; a failure, or no decision in time, refuses with status 503
     * @param timeout how long the transport waits for it
     * @param abandoned called at most once, on any thread, if nothing will come of the decision: the connection was lost, the
     *     timeout was over, or the upgrade failed. Does not block.
     */
    record Later(CompletionStage<? extends Decision> decision, Duration timeout, Runnable abandoned)
            implements Admission {}
}
