package io.github.wsbridge.core;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.RecordingListener;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Nodes in this process that find each other by address, as over a network but on the caller's thread: when a call
 * returns, all its consequences have happened.
 */
public final class TestCluster implements Connector {

    public static final URI PUBLIC = URI.create("wss://bridge.example.com");
    public static final NodeAddress A = NodeAddress.parse("ws://10.0.0.1:8080");
    public static final NodeAddress B = NodeAddress.parse("ws://10.0.0.2:8080");
    public static final NodeAddress C = NodeAddress.parse("ws://10.0.0.3:8080");
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A connection between nodes: its target, and the leg at the dialling node. */
    public record Link(Target target, LocalLeg near) {}

    public final FakeClock clock = new FakeClock();
    public final FakeScheduler scheduler = new FakeScheduler(clock);
    public final TokenKeys keys = TokenKeys.generate();
    public final FakeSignaller signaller = new FakeSignaller();
    public final RecordingListener events = new RecordingListener();
    /** Nodes that are unreachable. */
    public final Set<NodeAddress> down = ConcurrentHashMap.newKeySet();
    /** Nodes that accept a connection and never send anything. */
    public final Set<NodeAddress> silent = ConcurrentHashMap.newKeySet();

    /** Addresses at which another node answers. */
    public final Map<NodeAddress, NodeAddress> alias = new ConcurrentHashMap<>();
    /** What answers at an address in place of a node; gets the request and returns the leg of the dialling node. */
    public final Map<NodeAddress, Function<Target, Leg>> impostors = new ConcurrentHashMap<>();

    public final List<Link> links = new CopyOnWriteArrayList<>();
    private final Map<NodeAddress, BridgeNode> nodes = new ConcurrentHashMap<>();

    /** A node with the test's signaller and listener. */
    public BridgeNode node() {
        return node(A, builder -> builder.signaller(signaller).listener(events));
    }

    public BridgeNode node(NodeAddress address, UnaryOperator<BridgeNode.Builder> more) {
        BridgeNode.Builder builder = BridgeNode.builder()
                .publicUrl(PUBLIC)
                .address(address)
                .keys(keys)
                .insecure()
                .clock(clock)
                .scheduler(scheduler)
                .connector(this);
        BridgeNode node = more.apply(builder).build();
        nodes.put(address, node);
        return node;
    }

    /** A node with peers that signals only over listen sockets. */
    public BridgeNode peer(NodeAddress address) {
        Set<NodeAddress> all = new LinkedHashSet<>(List.of(A, B, C));
        return node(address, builder -> builder.peers(PeerDirectory.of(all)));
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        NodeAddress to = NodeAddress.parse(
                target.uri().getScheme() + "://" + target.uri().getRawAuthority());
        Function<Target, Leg> impostor = impostors.get(to);
        if (impostor != null) {
            return CompletableFuture.completedFuture(impostor.apply(target));
        }
        BridgeNode node = nodes.get(alias.getOrDefault(to, to));
        if (node == null || down.contains(to)) {
            return CompletableFuture.failedFuture(new ConnectException("cannot reach " + to));
        }
        if (silent.contains(to)) {
            LocalLeg near = LocalLeg.pair(target.subprotocol());
            links.add(new Link(target, near));
            return CompletableFuture.completedFuture(near);
        }
        return node.admit(handshake(target)).thenCompose(admission -> {
            if (admission instanceof Admission.Granted granted) {
                LocalLeg far = LocalLeg.pair(granted.subprotocol());
                granted.opened().accept(far);
                links.add(new Link(target, far.other()));
                return CompletableFuture.completedFuture(far.other());
            }
            return CompletableFuture.failedFuture(new HandshakeException(((Admission.Refused) admission).status()));
        });
    }

    private static Handshake handshake(Target target) {
        return new Handshake(
                target.uri().getRawPath(),
                target.uri().getRawQuery(),
                true,
                name -> name.equalsIgnoreCase("Sec-WebSocket-Protocol")
                                && !target.subprotocol().isEmpty()
                        ? List.of(target.subprotocol())
                        : target.headers().containsKey(name)
                                ? List.of(target.headers().get(name))
                                : List.of(),
                new Peer("10.9.9.9"));
    }

    public static RecordingReceiver request(BridgeNode node, String deviceId, String subprotocol) {
        return open(node, Endpoints.connect(PUBLIC, new BridgeRequest(deviceId)), subprotocol);
    }

    public static RecordingReceiver listen(BridgeNode node, String deviceId) {
        return open(node, Endpoints.listen(PUBLIC, deviceId), "");
    }

    /** Opens a leg that receives everything. */
    public static RecordingReceiver open(BridgeNode node, URI url, String subprotocol) {
        Leg leg = node.connector()
                .connect(new Target(url, Map.of(), subprotocol, PATIENCE))
                .toCompletableFuture()
                .join();
        RecordingReceiver end = new RecordingReceiver(leg).open();
        end.demandAlways();
        return end;
    }

    /** Returns the status with which a handshake is refused. */
    public static int refusal(BridgeNode node, URI url) {
        try {
            open(node, url, "");
            return 101;
        } catch (CompletionException e) {
            return ((HandshakeException) e.getCause()).status();
        }
    }
}
