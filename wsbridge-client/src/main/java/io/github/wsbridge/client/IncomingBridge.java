package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A bridge that a requester asks of this device. The first answer counts, acceptance or rejection; where there is none, the
 * requester gives up at {@link #expiresAt}. Thread-safe; no method blocks.
 */
public interface IncomingBridge {

    /** The bridge's name; safe to log. */
    BridgeId bridgeId();

    /** This device. */
    String deviceId();

    /** What the requester tells; empty where it tells nothing. Anybody may have written it: check it. */
    String requestData();

    /** When the requester stops waiting, by the node's clock. */
    Instant expiresAt();

    /**
     * Accepts.
     *
     * @return completes when the bridge is established, on the device's executor, so continuations may block; the same
     *     future each time. Fails with a {@link io.github.wsbridge.BridgeException} where the requester has gone or the
     *     invitation is used or expired (4410), with another {@code IOException} where the server was not reached, with an
     *     {@link IllegalStateException} where it was rejected or expired before. Cancelling it ends the attempt.
     */
    CompletableFuture<BridgeChannel> accept();

    /**
     * Accepts, and gives the bridge as a leg, to be joined with another one. In place of {@link #accept}, not beside it.
     *
     * @return as {@link #accept}, but it completes on a thread of the transport, where nothing may block. By default it fails
     *     with an {@link UnsupportedOperationException}.
     */
    default CompletableFuture<BridgeLeg> acceptLeg() {
        return CompletableFuture.failedFuture(new UnsupportedOperationException("no leg"));
    }

    /**
     * Rejects; the requester is closed with 4403, the code and the reason.
     *
     * @param code the device's own code, 0 to 9999; those of HTTP are a good choice
     * @param reason why, for people; never a secret
     * @return whether this was the first answer
     */
    boolean reject(int code, String reason);
}
