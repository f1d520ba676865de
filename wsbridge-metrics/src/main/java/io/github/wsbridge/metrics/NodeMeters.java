package io.github.wsbridge.metrics;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.PeerState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The metrics that a node answers by itself when asked. */
final class NodeMeters {

    private final BridgeNode node;
    private final Supplier<List<PeerState>> peers;
    private final MeterRegistry registry;

    NodeMeters(BridgeNode node, MeterRegistry registry) {
        this.node = node;
        this.peers = new Recent<>(node::peers);
        this.registry = registry;
    }

    void bind() {
        gauge(
                "wsbridge.bridges.pending",
                "Requesters that wait for their device",
                self -> self.node.stats().pending());
        gauge(
                "wsbridge.bridges.limit",
                "How many bridges may be pending, active or forwarded",
                self -> self.node.limits().maxBridges());
        gauge(
                "wsbridge.listeners",
                "Devices that listen on this node",
                self -> self.node.stats().listeners());
        gauge(
                "wsbridge.listeners.limit",
                "How many devices may listen on this node",
                self -> self.node.limits().maxListeners());
        gauge(
                "wsbridge.connections.stalled",
                "Peers that have read nothing for a minute",
                self -> self.node.stats().stalled());
        gauge(
                "wsbridge.node.draining",
                "1 while the node stops, otherwise 0",
                self -> self.node.stats().draining() ? 1 : 0);
        gauge(
                "wsbridge.peers",
                "Other nodes that this one knows",
                self -> self.peers.get().size());
        gauge(
                "wsbridge.peers.linked",
                "Other nodes to which there is a link",
                self -> self.peers.get().stream().filter(PeerState::linked).count());
    }

    private void gauge(String name, String description, ToDoubleFunction<NodeMeters> value) {
        Gauge.builder(name, this, value).description(description).register(registry);
    }
}
