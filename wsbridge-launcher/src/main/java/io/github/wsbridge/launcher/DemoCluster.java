package io.github.wsbridge.launcher;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.BridgeServer;
import io.github.wsbridge.core.PeerDirectory;
import io.github.wsbridge.core.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Connector;
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
import java.util.concurrent.CompletableFuture;

/** Nodes with real servers on loopback ports, open to everybody on this machine, behind one front. */
final class DemoCluster implements AutoCloseable {

    private final Connector connector = NettyConnector.create();
    private final List<BridgeServer> servers = new ArrayList<>();
    private final List<BridgeNode> nodes = new ArrayList<>();
    private final Map<String, NodeAddress> addresses = new LinkedHashMap<>();
    private final RoundRobinFront front;

    private DemoCluster(int size, Crossings crossings) throws IOException {
        List<CompletableFuture<BridgeNode>> doors = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            CompletableFuture<BridgeNode> door = new CompletableFuture<>();
            servers.add(NettyBridgeServer.builder(handshake -> door.thenCompose(node -> node.admit(handshake)))
                    .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .start());
            doors.add(door);
            addresses.put(
                    "node " + (i + 1),
                    NodeAddress.parse(
                            "ws://127.0.0.1:" + servers.get(i).address().getPort()));
        }
        front = new RoundRobinFront(servers.stream().map(BridgeServer::address).toList());
        Set<NodeAddress> all = new LinkedHashSet<>(addresses.values());
        TokenKeys keys = TokenKeys.generate();
        addresses.forEach((name, address) -> {
            BridgeNode node = BridgeNode.builder()
                    .publicUrl(url())
                    .address(address)
                    .keys(keys)
                    .insecure()
                    .connector(connector)
                    .peers(PeerDirectory.of(all))
                    .listener(crossings.listener(name))
                    .listener(new NodeLog())
                    .build();
            doors.get(nodes.size()).complete(node);
            nodes.add(node);
        });
    }

    static DemoCluster start(int size, Crossings crossings) throws IOException {
        return new DemoCluster(size, crossings);
    }

    /** Where requesters and devices connect. */
    URI url() {
        return URI.create("ws://127.0.0.1:" + front.port());
    }

    /** The nodes' own addresses by their names, in turn. */
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
