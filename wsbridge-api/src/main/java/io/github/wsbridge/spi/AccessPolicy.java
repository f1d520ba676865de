package io.github.wsbridge.spi;

import io.github.wsbridge.Query;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * Decides who may connect to a device and who may listen as one. An accept needs no decision, since its token is proof
 * enough, unless the node is told to ask.
 *
 * <p>Called once per handshake, before the upgrade, or once per connection to an exposed port, on a transport thread.
 * Implementations must be thread-safe and must not block. They must deny actions that they do not know.
 */
@FunctionalInterface
public interface AccessPolicy {

    /**
     * Decides on one handshake, or on one connection to an exposed port.
     *
     * @return the decision. If the stage fails, or does not complete within the node's admission timeout, the client is
     *     refused with status 503.
     */
    CompletionStage<Access> check(AccessRequest request);

    /** What the client wants to do. */
    enum Action {
        /** Connect to a device, as a requester. */
        CONNECT,
        /**
         * Connect to a device with a URL that a node of the cluster has signed. The node has checked the signature and
         * the expiry; the query's {@code principal} had it signed, and was permitted to {@link #CONNECT} then. Decide
         * whether it still is, and grant access to that principal.
         */
        CONNECT_SIGNED,
        /** Listen for a device's invitations. */
        LISTEN,
        /**
         * Accept or reject a bridge, as the device. The token has been checked. Only nodes that want a credential with
         * each accept ask; see {@code BridgeNode.Builder.acceptCredential}.
         */
        ACCEPT,
        /**
         * Connect to a device through an exposed port of a node. There is no handshake: the query and the headers are
         * empty. Decided by the port's own policy only.
         */
        EXPOSE
    }

    /**
     * A client's request, with everything known about the client.
     *
     * @param action what the client wants to do
     * @param deviceId the device concerned
     * @param query the request's parameters; may contain secrets
     * @param headers the handshake's header fields; may contain secrets
     * @param peer the client's address and certificates, as the transport sees them; behind a known proxy that says for
     *     whom it stands, that one's address, and no certificates
     */
    record AccessRequest(Action action, String deviceId, Query query, Headers headers, Peer peer) {

        /** Omits the query and the headers. */
        @Override
        public String toString() {
            return action + " " + deviceId + " from " + peer;
        }
    }

    /** The decision. */
    sealed interface Access {

        /**
         * Access is granted.
         *
         * @param principal identifies the client, for logs and limits; the same each time for the same client
         * @param valid whether the access is still permitted. Asked, from any thread, when the node is told that
         *     permissions have been revoked; must not block. If it throws, the access counts as revoked
         */
        record Granted(String principal, BooleanSupplier valid) implements Access {

            /** The {@link #valid} of access that is never revoked. */
            public static final BooleanSupplier ALWAYS = () -> true;

            /** Grants access that is never revoked. */
            public Granted(String principal) {
                this(principal, ALWAYS);
            }
        }

        /**
         * Access is denied.
         *
         * @param status the HTTP status of the refusal: 401 if credentials are missing or unknown, 403 if they are
         *     insufficient, 429 if there were too many requests. A signed URL is refused with 403 in place of 401,
         *     since no credential would help
         */
        record Denied(int status) implements Access {}
    }
}
