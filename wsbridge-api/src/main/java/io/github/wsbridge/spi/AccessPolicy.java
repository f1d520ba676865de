package io.github.wsbridge.spi;

import io.github.wsbridge.Query;
import java.util.concurrent.CompletionStage;

/**
 * Decides who may connect to a device and who may listen as one. An accept needs no decision: its token is the proof.
 *
 * <p>Called once per handshake, before the upgrade, on a transport thread, by many at a time: thread-safe, and must not
 * block.
 */
@FunctionalInterface
public interface AccessPolicy {

    /**
     * Decides on one handshake.
     *
     * @return the decision; a failure, or none within the node's handshake deadline, refuses with status 503
     */
    CompletionStage<Access> check(AccessRequest request);

    /** What somebody wants to do. */
    enum Action {
        /** Be a requester. */
        CONNECT,
        /** Hear the invitations of a device. */
        LISTEN
    }

    /**
     * What is known of who asks.
     *
     * @param action what it wants to do
     * @param deviceId with which device
     * @param query the parameters of the request; may hold secrets
     * @param headers the handshake's header fields; may hold secrets
     * @param peer its address and certificates, as the transport sees them
     */
    record AccessRequest(Action action, String deviceId, Query query, Headers headers, Peer peer) {

        /** Shows neither query nor headers. */
        @Override
        public String toString() {
            return action + " " + deviceId + " from " + peer;
        }
    }

    /** The decision. */
    sealed interface Access {

        /**
         * Yes.
         *
         * @param principal who it is, for logs and limits; the same for the same caller
         */
        record Granted(String principal) implements Access {}

        /**
         * No.
         *
         * @param status the HTTP status to refuse with: 401 where credentials are missing or unknown, 403 where they are not
         *     enough, 429 where there were too many
         */
        record Denied(int status) implements Access {}
    }
}
