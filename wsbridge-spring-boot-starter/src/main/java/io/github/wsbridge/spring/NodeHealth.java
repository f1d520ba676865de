package io.github.wsbridge.spring;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up while the node takes requesters; out of service once it stops. */
final class NodeHealth implements HealthIndicator {

    private final BridgeNode node;

    NodeHealth(BridgeNode node) {
        this.node = node;
    }

    @Override
    public Health health() {
        NodeStats stats = node.stats();
        Health.Builder health = stats.draining() ? Health.outOfService() : Health.up();
        return health.withDetail("bridges", stats.bridges())
                .withDetail("pending", stats.pending())
                .withDetail("listeners", stats.listeners())
                .build();
    }
}
