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
final class House implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);

    final FakeSignaller signaller = new FakeSignaller();
    final List<BridgeNode> nodes = new ArrayList<>();
    /** The legs that the servers made, in the order in which they came. */
    final BlockingQueue<NettyLeg> legs = new LinkedBlockingQueue<>();

    /** The bridge that was joined last, as its owner's listener heard of it; null before any was. */
    volatile Bridge joined;
    /** What the bridge that ended last had carried when its owner's listener heard of that; null before any did. */
    volatile Counts ended;

    private final List<NettyBridgeServer> servers = new ArrayList<>();
    private final NettyConnector connector = NettyConnector.create();
    private SocketFactory sockets = SocketFactory.getDefault();

    /** How many payload bytes a bridge has carried. */
    record Counts(long toDevice, long toRequester) {
        static Counts of(Bridge bridge) {
            return new Counts(bridge.bytesToDevice(), bridge.bytesToRequester());
        }
    }

    /**
     * The two ends of a bridge, and the owner's legs for them.
     *
     * @param acceptingLeg the leg of the node that the device has come to: of the one that forwards, if there are two
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

    House(int count) throws Exception {
        this(count, node -> {}, server -> {});
    }

    House(int count, Consumer<BridgeNode.Builder> settings, Consumer<NettyBridgeServer.Builder> serverSettings)
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

    House sockets(SocketFactory value) {
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

    /** A requester that waits for its device. */
    RawWebSocket request() throws Exception {
        return open(0, "/bridge/connect?deviceId=d");
    }

    /** The device that was invited last, on some node. */
    RawWebSocket accept(int node) throws Exception {
        URI url = acceptUrl(node);
        return open(node, url.getRawPath() + "?" + url.getRawQuery());
    }

    /** Where the device that was invited last accepts on some node. */
    URI acceptUrl(int node) throws Exception {
        URI url = signaller.take(PATIENCE).acceptUrl();
        return URI.create("ws://127.0.0.1:" + port(node) + url.getRawPath() + "?" + url.getRawQuery());
    }

    /** A bridge between a requester on the first node and a device on the last one. */
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
            throw new AssertionError("no leg in time");
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
