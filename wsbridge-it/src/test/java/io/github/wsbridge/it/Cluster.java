package io.github.wsbridge.it;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.BridgeNodeBuilder;
import io.github.wsbridge.core.BridgeServer;
import io.github.wsbridge.core.PeerDirectory;
import io.github.wsbridge.core.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Connector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Nodes with real servers on loopback ports, behind a front that hands new connections to each in turn. */
final class Cluster implements AutoCloseable {

    private final RoundRobinFront front;
    private final Connector connector = NettyConnector.create();
    private final List<BridgeNode> nodes = new ArrayList<>();
    private final List<BridgeServer> servers = new ArrayList<>();
    final Crossings crossings = new Crossings();

    private Cluster(RoundRobinFront front) {
        this.front = front;
    }

    /** Starts a cluster without access control. */
    static Cluster start(int size) throws IOException {
        return start(size, builder -> {});
    }

    /** Starts a cluster whose nodes are set up further by {@code settings}. */
    static Cluster start(int size, Consumer<BridgeNodeBuilder> settings) throws IOException {
        return start(size, settings, server -> {});
    }

    /** Starts a cluster whose nodes and servers are set up further. */
    static Cluster start(
            int size, Consumer<BridgeNodeBuilder> settings, Consumer<NettyBridgeServer.Builder> serverSettings)
            throws IOException {
        List<InetSocketAddress> addresses = freePorts(size);
        Cluster cluster = new Cluster(new RoundRobinFront(addresses));
        TokenKeys keys = TokenKeys.generate();
        Set<NodeAddress> all = new LinkedHashSet<>();
        addresses.forEach(address -> all.add(NodeAddress.parse("ws://127.0.0.1:" + address.getPort())));
        for (NodeAddress address : all) {
            BridgeNodeBuilder builder = BridgeNode.builder()
                    .publicUrl(cluster.url())
                    .address(address)
                    .keys(keys)
                    .insecure()
                    .connector(cluster.connector)
                    .peers(PeerDirectory.of(all))
                    .listener(cluster.crossings.of(address));
            settings.accept(builder);
            BridgeNode node = builder.build();
            cluster.nodes.add(node);
            NettyBridgeServer.Builder server = NettyBridgeServer.builder(node::admit)
                    .address(new InetSocketAddress("127.0.0.1", address.uri().getPort()));
            serverSettings.accept(server);
            cluster.servers.add(server.start());
        }
        return cluster;
    }

    static List<InetSocketAddress> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        List<InetSocketAddress> free = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            free.add(new InetSocketAddress("127.0.0.1", socket.getLocalPort()));
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        return free;
    }

    /** The front's URL: each new connection lands on the next node. */
    URI url() {
        return URI.create("ws://127.0.0.1:" + front.port());
    }

    /** One node's own URL. */
    URI url(int index) {
        return nodes.get(index).address().uri();
    }

    BridgeNode node(int index) {
        return nodes.get(index);
    }

    List<BridgeNode> nodes() {
        return nodes;
    }

    @Override
    public void close() {
        front.close();
        List<Runnable> stops = new ArrayList<>();
        nodes.forEach(node -> stops.add(node::close));
        stops.parallelStream().forEach(Runnable::run);
        servers.forEach(BridgeServer::close);
        connector.close();
    }

    /** What the nodes of a cluster say of the bridges that cross them. */
    static final class Crossings {
        private final List<String> forwards = Collections.synchronizedList(new ArrayList<>());
        private final List<String> direct = Collections.synchronizedList(new ArrayList<>());

        BridgeListener of(NodeAddress address) {
            return new BridgeListener() {
                @Override
                public void onEstablished(Bridge bridge, Hop hop) {
                    (hop == Hop.FORWARDED ? forwards : direct).add(bridge.id() + " on " + address);
                }
            };
        }

        int forwarded() {
            return forwards.size();
        }

        int direct() {
            return direct.size();
        }
    }
}
