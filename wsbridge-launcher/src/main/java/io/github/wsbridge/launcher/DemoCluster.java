package io.github.wsbridge.launcher;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.website.Presence;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Nodes with real servers on loopback ports, open to everyone on this machine, behind a load balancer. */
final class DemoCluster implements AutoCloseable {

    private final Connector connector = NettyConnector.create();
    private final List<BridgeServer> servers = new ArrayList<>();
    private final List<BridgeNode> nodes = new ArrayList<>();
    private final Map<String, NodeAddress> addresses = new LinkedHashMap<>();
    private final RoundRobinFront front;

    private DemoCluster(int size, Routes routes) throws IOException {
        for (int i = 0; i < size; i++) {
            BridgeServer server = NettyBridgeServer.builder()
                    .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .bind();
            servers.add(server);
            addresses.put(
                    "node " + (i + 1),
                    NodeAddress.parse("ws://127.0.0.1:" + server.address().getPort()));
        }
        front = new RoundRobinFront(servers.stream().map(BridgeServer::address).toList());
        Set<NodeAddress> all = new LinkedHashSet<>(addresses.values());
        TokenKeys keys = TokenKeys.generate();
        for (Map.Entry<String, NodeAddress> named : addresses.entrySet()) {
            BridgeNode node = BridgeNode.builder()
                    .publicUrl(url())
                    .address(named.getValue())
                    .keys(keys)
                    .insecure()
                    .connector(connector)
                    .peers(PeerDirectory.of(all))
                    .listener(routes.listener(named.getKey()))
                    .build();
            servers.get(nodes.size()).serve(node);
            nodes.add(node);
        }
    }

    static DemoCluster start(int size, Routes routes) throws IOException {
        return new DemoCluster(size, routes);
    }

    /** Returns the URL for requesters and devices. */
    URI url() {
        return URI.create("ws://127.0.0.1:" + front.port());
    }

    /** Returns the devices that listen on any of the nodes. */
    Map<String, Presence> devices() {
        return nodes.stream()
                .flatMap(node -> node.listening().stream())
                .distinct()
                .collect(Collectors.toMap(id -> id, id -> Presence.ONLINE));
    }

    /** Returns the nodes' addresses by name, in order. */
    Map<String, NodeAddress> addresses() {
        return addresses;
    }

    @Override
    public void close() throws IOException {
        nodes.forEach(BridgeNode::close);
        front.close();
        servers.forEach(BridgeServer::close);
        connector.close();
    }
}
