package io.github.wsbridge.core;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Logs a node's events and passes them to all listeners. A listener that throws does not affect a bridge. */
final class NodeEvents implements BridgeListener {

    private static final Logger log = LoggerFactory.getLogger(NodeEvents.class);

    private final List<BridgeListener> listeners;

    NodeEvents(List<BridgeListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    private void tell(Consumer<BridgeListener> event) {
        for (BridgeListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (Throwable e) { // even an Error must not keep a slot
                log.warn("a listener failed", e);
            }
        }
    }

    /** Logs with the bridge and the principal in the thread's context, for logs that have fields. */
    private static void debug(BridgeId bridge, String principal, String text, Object... values) {
        if (!log.isDebugEnabled()) {
            return;
        }
        MDC.put("bridge", bridge.toString());
        if (!principal.isEmpty()) {
            MDC.put("principal", principal);
        }
        try {
            log.debug(text, values);
        } finally {
            MDC.remove("bridge");
            MDC.remove("principal");
        }
    }

    @Override
    public void onRequested(Bridge bridge, String principal) {
        tell(listener -> listener.onRequested(bridge, principal)); // the node calls the other
    }

    @Override
    public void onRequested(Bridge bridge, Client requester) {
        debug(bridge.id(), requester.principal(), "{} requested by {}", bridge, requester);
        tell(listener -> listener.onRequested(bridge, requester));
    }

    @Override
    public void onInvited(BridgeId bridgeId, String channel) {
        tell(listener -> listener.onInvited(bridgeId, channel));
    }

    @Override
    public void onChannelAnswered(BridgeId bridgeId, String channel, Signaller.@Nullable Result result, Duration took) {
        tell(listener -> listener.onChannelAnswered(bridgeId, channel, result, took));
    }

    @Override
    public void onSignalled(Bridge bridge, Signaller.Result result) {
        debug(bridge.id(), "", "{} signalled: {}", bridge, result);
        tell(listener -> listener.onSignalled(bridge, result));
    }

    @Override
    public void onEstablished(Bridge bridge, Hop hop) {
        tell(listener -> listener.onEstablished(bridge, hop)); // the node calls the other
    }

    @Override
    public void onEstablished(Bridge bridge, Hop hop, Client device) {
        debug(bridge.id(), device.principal(), "{} established, {} by {}", bridge, hop, device);
        tell(listener -> listener.onEstablished(bridge, hop, device));
    }

    @Override
    public void onClosed(Bridge bridge, CloseReason reason) {
        debug(
                bridge.id(),
                "",
                "{} closed: {}; {} bytes to the device, {} to the requester",
                bridge,
                reason,
                bridge.bytesToDevice(),
                bridge.bytesToRequester());
        tell(listener -> listener.onClosed(bridge, reason));
    }

    @Override
    public void onForwarded(BridgeId bridgeId, NodeAddress owner) {
        tell(listener -> listener.onForwarded(bridgeId, owner)); // the node calls the other
    }

    @Override
    public void onForwarded(BridgeId bridgeId, NodeAddress owner, Client device, Traffic traffic) {
        debug(bridgeId, device.principal(), "bridge {} forwarded to {} for {}", bridgeId, owner, device);
        tell(listener -> listener.onForwarded(bridgeId, owner, device, traffic));
    }

    @Override
    public void onForwardClosed(BridgeId bridgeId, CloseReason reason) {
        debug(bridgeId, "", "forwarded bridge {} closed: {}", bridgeId, reason);
        tell(listener -> listener.onForwardClosed(bridgeId, reason));
    }

    @Override
    public void onRefused(String where, int status, String remoteAddress) {
        log.debug("refused {} from {} with {}", where, remoteAddress, status);
        tell(listener -> listener.onRefused(where, status, remoteAddress));
    }

    @Override
    public void onLimited(Limit limit) {
        tell(listener -> listener.onLimited(limit));
    }

    @Override
    public void onLockedOut(String remoteAddress, int failures) {
        tell(listener -> listener.onLockedOut(remoteAddress, failures)); // the log has it already
    }

    @Override
    public void onListening(String deviceId) {
        tell(listener -> listener.onListening(deviceId)); // the node calls the other
    }

    @Override
    public void onListening(String deviceId, Client by) {
        log.debug("device {} is listening: {}", deviceId, by);
        tell(listener -> listener.onListening(deviceId, by));
    }

    @Override
    public void onTakeover(String deviceId, Client older, Client newer) {
        if (newer.principal().isEmpty() || older.principal().equals(newer.principal())) {
            log.info("device {}: the listener {} takes over from {}", deviceId, newer, older);
        } else {
            log.warn("device {}: the listener {} takes over from another, {}", deviceId, newer, older);
        }
        tell(listener -> listener.onTakeover(deviceId, older, newer));
    }

    @Override
    public void onListenerGone(String deviceId, CloseReason reason) {
        log.debug("device {} no longer listens: {}", deviceId, reason);
        tell(listener -> listener.onListenerGone(deviceId, reason));
    }
}
