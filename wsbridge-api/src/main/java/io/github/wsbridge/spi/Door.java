package io.github.wsbridge.spi;

import java.util.concurrent.CompletionStage;

/**
 * The entrance to a node. A transport passes every HTTP request to it before any upgrade, and carries out its decision.
 * This is all that transports and nodes know about each other.
 *
 * <p>Called once per request, on transport threads. Implementations must be thread-safe and must not block.
 */
@FunctionalInterface
public interface Door {

    /**
     * Decides on a request.
     *
     * @return the decision. If the stage fails, or does not complete within the transport's handshake timeout, the
     *     request is refused with status 503.
     */
    CompletionStage<Admission> admit(Handshake handshake);
}
