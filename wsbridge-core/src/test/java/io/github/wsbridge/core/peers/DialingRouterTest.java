package io.github.wsbridge.core.peers;

import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.admission.Admissions;
import io.github.wsbridge.core.admission.Brakes;
import io.github.wsbridge.core.admission.BrowserRules;
import io.github.wsbridge.core.admission.Destinations;
import io.github.wsbridge.core.admission.ForwardedPeers;
import io.github.wsbridge.core.admission.PeerAdmissions;
import io.github.wsbridge.core.admission.SignedOnce;
import io.github.wsbridge.core.admission.SignedUrls;
import io.github.wsbridge.core.bridges.Requester;
import io.github.wsbridge.core.cluster.PeerNetworks;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.NodeRouterContract;
import io.github.wsbridge.wire.relay.HeldLeg;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The router with the real admissions of the owners, including credentials. */
class DialingRouterTest extends NodeRouterContract {

    private final TestCluster cluster = new TestCluster();
    private final NodeCredentials credentials = new NodeCredentials(() -> cluster.keys);
    private final Map<NodeAddress, DialledNode> owners = new ConcurrentHashMap<>();

    @Override
    protected NodeRouter newRouter() {
        return new DialingRouter(this::connect, credentials, node -> true, deadline(), cluster.scheduler);
    }

    private CompletionStage<Leg> connect(Connector.Target target) {
        DialledNode owner = owners.get(NodeAddress.parse("ws://" + target.uri().getRawAuthority()));
        if (owner == null) {
            return CompletableFuture.failedFuture(new IOException("unreachable"));
        }
        Handshake handshake = new Handshake(
                target.uri().getRawPath(),
                target.uri().getRawQuery(),
                true,
                name -> name.equals("Sec-WebSocket-Protocol")
                        ? List.of(target.subprotocol())
                        : List.of(target.headers().getOrDefault(name, "")),
                new Peer(""));
        return owner.admissions.admit(handshake).thenCompose(admission -> {
            if (admission instanceof Admission.Granted granted) {
                LocalLeg leg = LocalLeg.pair(granted.subprotocol());
                granted.opened().accept(leg);
                return CompletableFuture.completedFuture(leg.other());
            }
            return CompletableFuture.failedFuture(new HandshakeException(((Admission.Refused) admission).status()));
        });
    }

    @Override
    protected Owner startOwner() {
        NodeAddress address = NodeAddress.parse("ws://10.0.1." + owners.size() + ":80");
        DialledNode node = new DialledNode(address);
        owners.put(address, node);
        return node;
    }

    @Override
    protected NodeAddress unreachable() {
        return NodeAddress.parse("ws://10.0.2.1:80");
    }

    private final class DialledNode implements Destinations, Owner {
        private final NodeAddress address;
        private final BlockingQueue<Dialled> dialled = new LinkedBlockingQueue<>();
        private final Admissions admissions;

        DialledNode(NodeAddress address) {
            this.address = address;
            Limits limits = Limits.builder().build();
            admissions = new Admissions(
                    this,
                    new PeerAdmissions(address, credentials, PeerNetworks.any(), false),
                    request -> new CompletableFuture<>(),
                    limits,
                    new Brakes(limits, cluster.clock, cluster.scheduler, new BridgeListener() {}),
                    new ForwardedPeers(List.of()),
                    cluster.scheduler,
                    new BridgeListener() {},
                    new BrowserRules(List.of(), null),
                    new SignedUrls(
                            TestCluster.PUBLIC,
                            address,
                            () -> cluster.keys,
                            new SignedOnce(1, cluster.clock),
                            (node, nonce) -> new CompletableFuture<>(),
                            cluster.clock),
                    false);
        }

        @Override
        public void accept(
                BridgeToken token,
                @Nullable Rejection rejection,
                BridgeListener.Client by,
                TraceContext from,
                Leg leg) {
            throw new AssertionError("as if from a device");
        }

        @Override
        public void forwarded(
                NodeCredentials.Forwarded forwarded,
                @Nullable Rejection rejection,
                BridgeListener.Client by,
                TraceContext from,
                Leg leg) {
            HeldLeg held = new HeldLeg(leg);
            leg.open(held.receiver());
            leg.send(Fragment.text(JsonWriter.string(OwnerProof.write(forwarded.challenge()))));
            dialled.add(new Dialled(forwarded.token(), leg.subprotocol(), Hop.FORWARDED, rejection, held));
        }

        @Override
        public void request(BridgeRequest request, Requester by, Leg leg) {
            throw new AssertionError();
        }

        @Override
        public void expose(BridgeRequest request, Requester by, Leg leg) {
            throw new AssertionError();
        }

        @Override
        public Admission.Later requestAndWait(BridgeRequest request, Requester by, String subprotocol) {
            throw new AssertionError();
        }

        @Override
        public String deviceOf(BridgeToken token) {
            return "device";
        }

        @Override
        public Admission.Later listen(
                String deviceId, String subprotocol, BridgeListener.Client by, Holder holder, BooleanSupplier valid) {
            throw new AssertionError();
        }

        @Override
        public @Nullable CloseReason unready() {
            throw new AssertionError();
        }

        @Override
        public @Nullable CloseReason unavailable(BridgeToken token, Hop hop) {
            return null;
        }

        @Override
        public void peer(String challenge, Leg leg) {
            throw new AssertionError();
        }

        @Override
        public @Nullable CloseReason unavailable(Holder requester) {
            return null;
        }

        @Override
        public @Nullable CloseReason noRoomToListen(String deviceId, Holder holder) {
            return null;
        }

        @Override
        public NodeAddress address() {
            return address;
        }

        @Override
        public Dialled takeDialled(Duration patience) throws InterruptedException {
            Dialled next = dialled.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (next == null) {
                throw new AssertionError("nothing came within " + patience);
            }
            return next;
        }

        @Override
        public void close() {}
    }
}
