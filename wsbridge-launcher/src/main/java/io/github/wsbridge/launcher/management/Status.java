package io.github.wsbridge.launcher.management;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.PeerState;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.BridgeServer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeSet;

/**
 * A node's state as JSON. docs/operations.md describes it. Durations are in seconds.
 *
 * @param node the node
 * @param servers its servers, by what they are for
 * @param version the program's version
 * @param since when it started
 */
record Status(BridgeNode node, Map<String, BridgeServer> servers, String version, Instant since) {

    String json(Instant now) {
        return JsonWriter.indent("  ").string().value(object(now)).done() + "\n";
    }

    JsonObject object(Instant now) {
        JsonObject status = new JsonObject();
        status.put("node", node.address().toString());
        status.put("version", version);
        status.put("startedAt", since.truncatedTo(ChronoUnit.SECONDS).toString());
        status.put("uptimeSeconds", Duration.between(since, now).toSeconds());
        NodeStats stats = node.stats();
        status.put("draining", stats.draining());
        status.put("bridges", bridges(stats));
        status.put("listeners", stats.listeners());
        status.put("stalledConnections", stats.stalled());
        status.put("limits", limits(node.limits()));
        status.put("peers", peers());
        status.put("servers", servers(servers));
        return status;
    }

    /** Returns the ids of the devices that listen on the node, as JSON. */
    String devices() {
        JsonObject said = new JsonObject();
        said.put("node", node.address().toString());
        said.put("devices", new JsonArray(new TreeSet<>(node.listening())));
        return JsonWriter.string().value(said).done() + "\n";
    }

    private static JsonObject bridges(NodeStats stats) {
        JsonObject bridges = new JsonObject();
        bridges.put("pending", stats.pending());
        bridges.put("joinedOrForwarded", stats.bridges());
        return bridges;
    }

    private static JsonObject limits(Limits limits) {
        JsonObject all = new JsonObject();
        all.put("bridges", limits.maxBridges());
        all.put("listeners", limits.maxListeners());
        all.put("pendingPerDevice", limits.maxPendingPerDevice());
        all.put("acceptTimeoutSeconds", limits.acceptTimeout().toMillis() / 1000.0);
        return all;
    }

    private JsonArray peers() {
        JsonArray all = new JsonArray();
        for (PeerState peer : node.peers()) {
            JsonObject one = new JsonObject();
            one.put("address", peer.address().toString());
            one.put("linked", peer.linked());
            all.add(one);
        }
        return all;
    }

    private static JsonObject servers(Map<String, BridgeServer> servers) {
        JsonObject all = new JsonObject();
        servers.forEach((name, server) -> {
            JsonObject one = new JsonObject();
            one.put("port", server.address().getPort());
            server.stats().ifPresent(stats -> {
                one.put("connections", stats.connections());
                one.put("handshakes", stats.handshakes());
            });
            all.put(name, one);
        });
        return all;
    }
}
