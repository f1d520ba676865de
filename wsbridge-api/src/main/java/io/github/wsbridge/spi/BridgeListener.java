package io.github.wsbridge.spi;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Observes a node, for metrics, audit logs and tests.
 *
 * <p>Called on transport threads, by several at a time. A listener must not block. Exceptions that it throws are logged
 * and otherwise ignored. For one bridge, the calls arrive in the order below, except that {@link #onSignalled} may
 * arrive at any time after the first: a device may accept before the channel that signalled it has answered.
 */
public interface BridgeListener {

    /** A requester is waiting for its device. */
    default void onRequested(Bridge bridge, String principal) {}

    /**
     * An invitation is about to be sent over a secondary channel. It may be sent over several, one after the other.
     * Called before {@link #onSignalled}.
     *
     * @param channel the channel's kind ({@link Signaller#channel})
     */
    default void onInvited(BridgeId bridgeId, String channel) {}

    /**
     * A secondary channel has answered. Called at most once for each {@link #onInvited}, at any time after it.
     *
     * @param channel the channel's kind ({@link Signaller#channel})
     * @param result what it said; null if the channel itself failed
     * @param took the time since it was asked
     */
    default void onChannelAnswered(
            BridgeId bridgeId, String channel, Signaller.@Nullable Result result, Duration took) {}

    /** The secondary channels have reported a result. */
    default void onSignalled(Bridge bridge, Signaller.Result result) {}

    /** Requester and device have been joined on this node, which owns the bridge. */
    default void onEstablished(Bridge bridge, Hop hop) {}

    /** A bridge owned by this node has ended. */
    default void onClosed(Bridge bridge, CloseReason reason) {}

    /** This node has forwarded a device's accept to the node that owns the token. */
    default void onForwarded(BridgeId bridgeId, NodeAddress owner) {}

    /**
     * Like {@link #onForwarded(BridgeId, NodeAddress)}, which it calls by default.
     *
     * @param traffic what passes through this node, until {@link #onForwardClosed}
     */
    default void onForwarded(BridgeId bridgeId, NodeAddress owner, Traffic traffic) {
        onForwarded(bridgeId, owner);
    }

    /** A bridge that this node forwarded, and does not own, has ended. */
    default void onForwardClosed(BridgeId bridgeId, CloseReason reason) {}

    /**
     * A request was refused.
     *
     * @param where the endpoint's path, or the address of an exposed port
     * @param status an HTTP status if below 1000, otherwise a close code
     * @param remoteAddress the peer's address as the transport sees it; empty if it is not known
     */
    default void onRefused(String where, int status, String remoteAddress) {}

    /**
     * A limit has been hit, for which a client is refused. {@link #onRefused} tells of the refusal itself, if it is
     * one by the node: the two are not called in any order.
     */
    default void onLimited(Limit limit) {}

    /** What there may be only so much of. */
    enum Limit {
        /** Bridges of the node. */
        BRIDGES,
        /** Bridges of one requester or address. */
        BRIDGE_SHARE,
        /** Requesters that wait for one device. */
        WAITING,
        /** Devices that listen on the node. */
        LISTENERS,
        /** Devices of one key or address that listen on the node. */
        LISTENER_SHARE,
        /** Requests of one address in a second. */
        ADDRESS_RATE,
        /** Requests of one principal in a second. */
        PRINCIPAL_RATE,
        /** Invalid credentials of one address. */
        FAILED_CREDENTIALS
    }

    /**
     * An address has presented invalid credentials so often that further ones are answered with status 429. Called at
     * most once a minute for one address.
     *
     * @param remoteAddress the client's address as the transport sees it, or as a trusted proxy does
     * @param failures how many there were since the last call, or all if this is the first
     */
    default void onLockedOut(String remoteAddress, int failures) {}

    /** A device has started listening on this node. */
    default void onListening(String deviceId) {}

    /**
     * A listener has taken over from an older one of the same device on this node. It may listen here or on another
     * node. Mostly it is the device itself, whose former connection has broken; if the two differ, it may be a second
     * device with the same id, or somebody who should not listen.
     *
     * @param older who listened until now; its socket is being closed with 4409
     * @param newer who listens from now on
     */
    default void onTakeover(String deviceId, Client older, Client newer) {}

    /**
     * Who is at the other end of a connection.
     *
     * @param principal as the access policy calls it; empty if it is not known
     * @param address the peer's address as the transport sees it; empty if it is not known
     */
    record Client(String principal, String address) {

        @Override
        public String toString() {
            return (principal.isEmpty() ? "unknown" : principal) + (address.isEmpty() ? "" : " from " + address);
        }
    }

    /** A device has stopped listening on this node. */
    default void onListenerGone(String deviceId, CloseReason reason) {}
}
