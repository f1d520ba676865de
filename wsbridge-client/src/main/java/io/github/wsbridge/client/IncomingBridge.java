package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A bridge that a requester has requested to this device. The first answer, acceptance or rejection, counts; without
 * one, the request times out at {@link #expiresAt}. Thread-safe; no method blocks.
 */
public interface IncomingBridge {

    /** Returns the bridge's id, which is safe to log. */
    BridgeId bridgeId();

    /** Returns the id of this device. */
    String deviceId();

    /** Returns the request data, possibly empty. It is untrusted input: validate it. */
    String requestData();

    /**
     * Returns who requests the bridge, as the node's access policy calls them: the name of an API key, for example.
     * Empty if the node does not say, as by default. The node vouches for it as it does for the bridge itself: it
     * repeats it over the bridge's own connection, and if the secondary channel has told something else, accepting
     * fails. Whether it may decide anything depends on how much the device trusts the node.
     */
    default String principal() {
        return "";
    }

    /**
     * Returns the certificate by which the requester has proved who it is to the device itself, followed by those of
     * the authorities that issued it. Unlike the {@link #principal}, it needs no trust in the node. Empty if there is
     * none, as always without encryption from end to end ({@link io.github.wsbridge.client.tls.EndToEndHandler}).
     */
    default List<X509Certificate> certificates() {
        return List.of();
    }

    /**
     * Returns why the bridge is requested, in the requester's own words, for people; possibly empty. It is untrusted
     * input: nobody has checked it.
     */
    default String reason() {
        return "";
    }

    /** Returns when the requester stops waiting, by the node's clock. */
    Instant expiresAt();

    /**
     * Accepts the bridge.
     *
     * @return completes when the bridge is established, on the device's executor, so continuations may block; the same
     *     future each time. Fails with a {@link io.github.wsbridge.BridgeException} if the requester is gone or the
     *     invitation was used or has expired (4410), with another {@code IOException} if the server was not reached,
     *     and with an {@link IllegalStateException} if the bridge was rejected or had expired before. Cancelling the
     *     future ends the attempt.
     */
    CompletableFuture<BridgeChannel> accept();

    /**
     * Accepts, and returns the bridge as a leg, to be joined with another one. Call either this or {@link #accept}.
     *
     * @return as {@link #accept}, but it completes on a thread of the transport, where nothing may block. By default it
     *     fails with an {@link UnsupportedOperationException}.
     */
    default CompletableFuture<BridgeLeg> acceptLeg() {
        return CompletableFuture.failedFuture(new UnsupportedOperationException("no leg"));
    }

    /**
     * Returns what completes when nobody waits for an answer any longer, because the requester has gone or the
     * invitation has expired. Work that prepares the answer can then be given up. It is not known of every requester
     * that has gone: the secondary channel must say so, as the listen socket does.
     *
     * @return a stage that completes on any thread, where nothing may block; never if the invitation is answered
     *     before. By default it never completes.
     */
    default CompletionStage<Void> lapsed() {
        return new CompletableFuture<>();
    }

    /**
     * Rejects; the requester is closed with 4403, the code and the reason.
     *
     * @param code a code of the device's choice, 0 to 9999; HTTP status codes are a good choice
     * @param reason a human-readable reason, which must not contain secrets
     * @return whether this was the first answer
     */
    boolean reject(int code, String reason);
}
