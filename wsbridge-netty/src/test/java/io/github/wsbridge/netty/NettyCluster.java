package io.github.wsbridge.netty;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.RawWebSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.SocketFactory;

/** Nodes on Netty servers and one Netty connector; requesters and devices are plain sockets. */
final class NettyCluster implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);

    final FakeSignaller signaller = new FakeSignaller();
    final List<BridgeNode> nodes = new ArrayList<>();
    /** The legs of the servers, in order of connection. */
    final BlockingQueue<NettyLeg> legs = new LinkedBlockingQueue<>();

    /** The last bridge that the owner's listener saw established; null before the first. */
    volatile Bridge joined;
    /** The traffic of the last bridge that the owner's listener saw ended; null before the first. */
    volatile Counts ended;

    private final List<NettyBridgeServer> servers = new ArrayList<>();
    private final NettyConnector connector = NettyConnector.create();
    private SocketFactory sockets = SocketFactory.getDefault();

    /** The number of payload bytes that a bridge has carried. */
    record Counts(long toDevice, long toRequester) {
        static Counts of(Bridge bridge) {
            return new Counts(bridge.bytesToDevice(), bridge.bytesToRequester());
        }
    }

    /**
     * The two ends of a bridge, and the owner's legs for them.
     *
     * @param acceptingLeg the device's leg, on the forwarding node if there is one
     */
    record Ends(
            RawWebSocket requester,
            RawWebSocket device,
            NettyLeg requesterLeg,
            NettyLeg deviceLeg,
            NettyLeg acceptingLeg)
            implements AutoCloseable {
        @Override
        public void close() throws Exception {
            requester.close();
            device.close();
        }
    }

    NettyCluster(int count) throws Exception {
        this(count, node -> {}, server -> {});
    }

    NettyCluster(int count, Consumer<BridgeNode.Builder> settings, Consumer<NettyBridgeServer.Builder> serverSettings)
            throws Exception {
        TokenKeys keys = TokenKeys.generate();
        for (int i = 0; i < count; i++) {
            NettyBridgeServer.Builder server = NettyBridgeServer.builder()
                    .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .threads(2);
            serverSettings.accept(server);
            servers.add(server.bind());
            BridgeNode.Builder builder = BridgeNode.builder()
                    .publicUrl(URI.create("ws://127.0.0.1:" + port(i)))
                    .address(NodeAddress.parse("ws://127.0.0.1:" + port(i)))
                    .keys(keys)
                    .insecure()
                    .signaller(signaller)
                    .listener(new BridgeListener() {
                        @Override
                        public void onEstablished(Bridge bridge, Hop hop) {
                            joined = bridge;
                        }

                        @Override
                        public void onClosed(Bridge bridge, CloseReason reason) {
                            ended = Counts.of(bridge);
                        }
                    })
                    .connector(connector);
            settings.accept(builder);
            BridgeNode node = builder.build();
            nodes.add(node);
            servers.get(i).serve(handshake -> admit(node, handshake));
        }
    }

    NettyCluster sockets(SocketFactory value) {
        sockets = value;
        return this;
    }

    private CompletionStage<Admission> admit(BridgeNode node, Handshake handshake) {
        return node.admit(handshake).thenApply(admission -> {
            if (admission instanceof Admission.Granted granted) {
                return new Admission.Granted(granted.subprotocol(), leg -> {
                    legs.add((NettyLeg) leg);
                    granted.opened().accept(leg);
                });
            }
            return admission;
        });
    }

    int port(int node) {
        return servers.get(node).address().getPort();
    }

    NettyBridgeServer server(int node) {
        return servers.get(node);
    }

    RawWebSocket open(int node, String target) throws Exception {
        RawWebSocket raw = RawWebSocket.client(sockets.createSocket("localhost", port(node)));
        raw.writeRaw(RawWebSocket.request(target, ""));
        String head = raw.readHead();
        if (!head.startsWith("HTTP/1.1 101")) {
            throw new IllegalStateException(head);
        }
        return raw;
    }

    /** Connects a requester, which waits for its device. */
    RawWebSocket request() throws Exception {
        return open(0, "/bridge/connect?deviceId=d");
    }

    /** Connects the last invited device to a node. */
    RawWebSocket accept(int node) throws Exception {
        URI url = acceptUrl(node);
        return open(node, url.getRawPath() + "?" + url.getRawQuery());
    }

    /** Returns the accept URL of the last invitation, with the port of a node. */
    URI acceptUrl(int node) throws Exception {
        URI url = signaller.take(PATIENCE).acceptUrl();
        return URI.create("ws://127.0.0.1:" + port(node) + url.getRawPath() + "?" + url.getRawQuery());
    }

    /** Connects a requester on the first node with a device on the last one. */
    Ends join() throws Exception {
        RawWebSocket requester = request();
        NettyLeg requesterLeg = leg();
        RawWebSocket device = accept(nodes.size() - 1);
        NettyLeg acceptingLeg = leg(); // before the node can dial the owner
        NettyLeg deviceLeg = nodes.size() == 1 ? acceptingLeg : leg();
        return new Ends(requester, device, requesterLeg, deviceLeg, acceptingLeg);
    }

    NettyLeg leg() throws Exception {
        NettyLeg leg = legs.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (leg == null) {
            throw new AssertionError("no leg within the deadline");
        }
        return leg;
    }

    int bridges() {
        return nodes.stream().mapToInt(node -> node.stats().bridges()).sum();
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.stop(Duration.ZERO));
        connector.close();
        servers.forEach(NettyBridgeServer::close);
        nodes.forEach(BridgeNode::close);
    }
}
