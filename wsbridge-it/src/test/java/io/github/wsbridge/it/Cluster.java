package io.github.wsbridge.it;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.StreamTransport;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** Nodes with real servers on loopback ports, behind a round-robin load balancer. */
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

    /** Starts a cluster whose nodes are also configured by {@code settings}. */
    static Cluster start(int size, Consumer<BridgeNode.Builder> settings) throws IOException {
        return start(size, settings, server -> {});
    }

    /** Starts a cluster with additional configuration of nodes and servers. */
    static Cluster start(
            int size, Consumer<BridgeNode.Builder> settings, Consumer<NettyBridgeServer.Builder> serverSettings)
            throws IOException {
        List<BridgeServer> servers = new ArrayList<>();
        Set<NodeAddress> all = new LinkedHashSet<>();
        for (int i = 0; i < size; i++) {
            NettyBridgeServer.Builder builder =
                    NettyBridgeServer.builder().address(new InetSocketAddress("127.0.0.1", 0));
            serverSettings.accept(builder);
            BridgeServer server = builder.bind();
            servers.add(server);
            all.add(NodeAddress.parse("ws://127.0.0.1:" + server.address().getPort()));
        }
        Cluster cluster = new Cluster(
                new RoundRobinFront(servers.stream().map(BridgeServer::address).toList()));
        cluster.servers.addAll(servers);
        TokenKeys keys = TokenKeys.generate();
        for (NodeAddress address : all) {
            BridgeNode.Builder builder = BridgeNode.builder()
                    .publicUrl(cluster.url())
                    .address(address)
                    .keys(keys)
                    .insecure()
                    .connector(cluster.connector)
                    .peers(PeerDirectory.of(all))
                    .listener(cluster.crossings.of(address));
            settings.accept(builder);
            BridgeNode node = builder.build();
            servers.get(cluster.nodes.size()).serve(node);
            cluster.nodes.add(node);
        }
        return cluster;
    }

    /**
     * Returns ports for programs that need fixed ones. They are below the range of ephemeral ports, so nothing else
     * takes them by chance.
     */
    static List<InetSocketAddress> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        List<InetSocketAddress> free = new ArrayList<>();
        for (int tries = 0; free.size() < count; tries++) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
            try {
                held.add(new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")));
                free.add(new InetSocketAddress("127.0.0.1", port));
            } catch (BindException e) {
                if (tries == 1_000) {
                    throw e;
                }
            }
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        return free;
    }

    /** Returns the load balancer's URL: each new connection goes to the next node. */
    URI url() {
        return URI.create("ws://127.0.0.1:" + front.port());
    }

    /** Returns the URL of a node. */
    URI url(int index) {
        return nodes.get(index).address().uri();
    }

    BridgeNode node(int index) {
        return nodes.get(index);
    }

    /** TCP connections on the threads of one node's server. */
    StreamTransport streams(int index) {
        return ((NettyBridgeServer) servers.get(index)).streams();
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

    /** Records the events of the nodes' bridges. */
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
