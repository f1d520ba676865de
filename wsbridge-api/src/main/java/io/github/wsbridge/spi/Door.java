package io.github.wsbridge.spi;

import java.util.concurrent.CompletionStage;

/**
 * The entrance to a node. A transport brings every HTTP request to it before any upgrade, and does what it says; that is all
 * that transports and nodes know of each other.
 *
 * <p>Called once per request, on a transport thread, by many at a time: thread-safe, and must not block.
 */
@FunctionalInterface
public interface Door {

    /**
     * Decides on a request.
     *
     * @return the decision; a failure, or none within the transport's handshake timeout, refuses with status 503
     */
    CompletionStage<Admission> admit(Handshake handshake);
}
