package io.github.wsbridge.launcher;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what a node does, for {@code --verbose}. */
final class NodeLog implements BridgeListener {

    private static final Logger log = LoggerFactory.getLogger(NodeLog.class);

    @Override
    public void onRequested(Bridge bridge, String principal) {
        log.debug("bridge {}: {} asks for device {}", bridge.id(), principal, bridge.deviceId());
    }

    @Override
    public void onEstablished(Bridge bridge, Hop hop) {
        log.debug("bridge {}: established, {}", bridge.id(), hop == Hop.DIRECT ? "direct" : "forwarded");
    }

    @Override
    public void onClosed(Bridge bridge, CloseReason reason) {
        log.debug(
                "bridge {}: closed with {}, {} to the device, {} to the requester",
                bridge.id(),
                reason,
                Quantities.show(bridge.bytesToDevice()),
                Quantities.show(bridge.bytesToRequester()));
    }

    @Override
    public void onForwarded(BridgeId bridgeId, NodeAddress owner) {
        log.debug("bridge {}: forwarded to {}", bridgeId, owner);
    }

    @Override
    public void onForwardClosed(BridgeId bridgeId, CloseReason reason) {
        log.debug("bridge {}: forward closed with {}", bridgeId, reason);
    }

    @Override
    public void onRefused(String where, int status, String remoteAddress) {
        log.debug("refused {} with {} to {}", where, status, remoteAddress);
    }

    @Override
    public void onListening(String deviceId) {
        log.debug("device {} listens here", deviceId);
    }

    @Override
    public void onListenerGone(String deviceId, CloseReason reason) {
        log.debug("device {} listens no more: {}", deviceId, reason);
    }
}
