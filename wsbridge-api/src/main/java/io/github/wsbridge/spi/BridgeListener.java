package io.github.wsbridge.spi;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;

/**
 * Watches a node: for metrics, audit logs and tests.
 *
 * <p>Called on transport threads, by many at a time. A listener must not block; what it throws is logged and dropped. Of
 * one bridge, the calls come in the order below; only {@link #onSignalled} may come at any time after the first, since a
 * device may be faster than the answer of the channel that called it.
 */
public interface BridgeListener {

    /** A requester waits for its device. */
    default void onRequested(Bridge bridge, String principal) {}

    /** The secondary channels have answered. */
    default void onSignalled(Bridge bridge, Signaller.Result result) {}

    /** Requester and device are joined on this node, which owns the bridge. */
    default void onEstablished(Bridge bridge, Hop hop) {}

    /** A bridge of this node has ended. */
    default void onClosed(Bridge bridge, CloseReason reason) {}

    /** This node passes a device's accept on to the owner of its token. */
    default void onForwarded(BridgeId bridgeId, NodeAddress owner) {}

    /** A bridge that this node only forwarded has ended. */
    default void onForwardClosed(BridgeId bridgeId, CloseReason reason) {}

    /**
     * Something was refused.
     *
     * @param where the endpoint's path
     * @param status an HTTP status below 1000, or else a close code
     * @param remoteAddress the peer's address as the transport sees it; empty where it is not known
     */
    default void onRefused(String where, int status, String remoteAddress) {}

    /** A device has begun to listen on this node. */
    default void onListening(String deviceId) {}

    /** A device has ceased to listen on this node. */
    default void onListenerGone(String deviceId, CloseReason reason) {}
}
