package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Opens a leg to the node that owns a token.
 *
 * <p>Called at most once per accept, on a transport thread, by many at a time: thread-safe, and must not block. Never
 * called for an accept that was forwarded already.
 */
public interface NodeRouter extends AutoCloseable {

    /**
     * Dials the owner so that it sees the accept as {@link io.github.wsbridge.Hop#FORWARDED}.
     *
     * @return the leg; a failure, within the router's own deadline, means that the owner cannot be reached
     */
    CompletionStage<Leg> dial(NodeAddress owner, Forward forward);

    /** Releases connections and threads; called once, on a thread that may block for a moment. Does nothing by default. */
    @Override
    default void close() {}

    /**
     * The accept that is forwarded.
     *
     * @param token the token as it came
     * @param subprotocol what the device's leg has agreed on, to be offered to the owner; empty for none
     * @param rejection the device's rejection; null where it accepts
     */
    record Forward(
            BridgeToken token, String subprotocol, @Nullable Rejection rejection) {}
}
