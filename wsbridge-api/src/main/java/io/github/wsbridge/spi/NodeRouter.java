package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Opens a leg to the node that owns a token.
 *
 * <p>Called at most once per accept, on a transport thread, and never for an accept that has already been forwarded.
 * Implementations must be thread-safe and must not block.
 */
public interface NodeRouter extends AutoCloseable {

    /**
     * Connects to the owner in such a way that it sees the accept as {@link io.github.wsbridge.Hop#FORWARDED}.
     *
     * @return the leg. A failure means that the owner cannot be reached. The router applies its own timeout.
     */
    CompletionStage<Leg> dial(NodeAddress owner, Forward forward);

    /** Releases connections and threads. Called once, on a thread that may block briefly. Does nothing by default. */
    @Override
    default void close() {}

    /**
     * An accept to be forwarded.
     *
     * @param token the token as received
     * @param subprotocol the subprotocol that the device's leg has negotiated, to be offered to the owner; empty for
     *     none
     * @param rejection the device's rejection; null if it accepts
     * @param trace the trace that the owner continues; passed on in the header fields of W3C Trace Context
     */
    record Forward(
            BridgeToken token, String subprotocol, @Nullable Rejection rejection, TraceContext trace) {

        /** An accept without a trace. */
        public Forward(BridgeToken token, String subprotocol, @Nullable Rejection rejection) {
            this(token, subprotocol, rejection, TraceContext.NONE);
        }

        /** Returns the same accept with another trace. */
        public Forward with(TraceContext other) {
            return new Forward(token, subprotocol, rejection, other);
        }
    }
}
