package io.github.wsbridge.launcher;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.spi.BridgeServer;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The limits of a node that change while it runs. */
final class LiveLimits implements Reloads.Use<NodeCommand> {

    static final Set<String> NAMES = Set.of(
            "max-bridges",
            "max-listeners",
            "max-pending",
            "max-rate",
            "max-address-rate",
            "max-failures",
            "principal-share",
            "address-share",
            "max-bandwidth",
            "max-principal-bandwidth");

    private static final Logger log = LoggerFactory.getLogger(LiveLimits.class);

    private final BridgeNode node;
    private final List<BridgeServer> servers;
    private int connections;

    LiveLimits(BridgeNode node, List<BridgeServer> servers, int connections) {
        this.node = node;
        this.servers = servers;
        this.connections = connections;
    }

    @Override
    public void take(NodeCommand next) {
        node.changeLimits(next.limits());
        int wanted = next.limitOptions.maxConnections();
        for (BridgeServer server : wanted == connections ? List.<BridgeServer>of() : servers) {
            if (server instanceof NettyBridgeServer netty) {
                netty.maxConnections(wanted);
            } else {
                log.warn("this transport keeps its maximum number of connections until a restart");
            }
        }
        connections = wanted;
    }
}
