package io.github.wsbridge.spring;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.BridgeState;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.limits.Limits;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/** The node's state: {@code /actuator/wsbridge}, and its bridges at {@code /actuator/wsbridge/bridges}. */
@Endpoint(id = "wsbridge")
final class BridgeEndpoint {

    /** A node. */
    record Status(
            String node,
            boolean draining,
            int pending,
            int joinedOrForwarded,
            int listeners,
            int stalledConnections,
            int bridgesLimit,
            int listenersLimit,
            List<Peer> peers) {}

    /** Another node. */
    record Peer(String address, boolean linked) {}

    /** A bridge. */
    record Held(
            String id,
            String deviceId,
            @Nullable String requester,
            @Nullable String device,
            @Nullable String owner,
            Instant since,
            long bytesToDevice,
            long bytesToRequester) {}

    private final BridgeNode node;

    BridgeEndpoint(BridgeNode node) {
        this.node = node;
    }

    @ReadOperation
    Status status() {
        NodeStats stats = node.stats();
        Limits limits = node.limits();
        return new Status(
                node.address().toString(),
                stats.draining(),
                stats.pending(),
                stats.bridges(),
                stats.listeners(),
                stats.stalled(),
                limits.maxBridges(),
                limits.maxListeners(),
                node.peers().stream()
                        .map(peer -> new Peer(peer.address().toString(), peer.linked()))
                        .toList());
    }

    /** Returns the bridges, or null, which is answered with 404, if something else is asked for. */
    @ReadOperation
    @Nullable
    List<Held> list(@Selector String what) {
        return what.equals("bridges")
                ? node.bridges().stream().map(BridgeEndpoint::held).toList()
                : null;
    }

    private static Held held(BridgeState bridge) {
        return new Held(
                bridge.id().toString(),
                bridge.deviceId(),
                bridge.requester().map(Object::toString).orElse(null),
                bridge.device().map(Object::toString).orElse(null),
                bridge.owner().map(NodeAddress::toString).orElse(null),
                bridge.since(),
                bridge.bytesToDevice(),
                bridge.bytesToRequester());
    }
}
