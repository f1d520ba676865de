package io.github.wsbridge.core.peers;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static io.github.wsbridge.core.TestCluster.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.Json;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.cluster.PeerNetworks;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody else answers at the address of a node, or a token names an address that is none. */
class FalseNodeTest {

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode a = cluster.peer(A);
    private final BridgeNode b = cluster.peer(B);
    private final List<Connector.Target> seen = new ArrayList<>();
    private final List<RecordingReceiver> taken = new ArrayList<>();

    /** Answers at a node's address with 101, whatever is asked, and then does something. */
    private void impostor(NodeAddress address, Consumer<RecordingReceiver> then) {
        cluster.impostors.put(address, target -> {
            seen.add(target);
            LocalLeg far = LocalLeg.pair(target.subprotocol());
            RecordingReceiver end = new RecordingReceiver(far).open();
            end.demandAlways();
            taken.add(end);
            then.accept(end);
            return far.other();
        });
    }

    private static void say(RecordingReceiver end, String... messages) {
        CompletionStage<Void> sent = CompletableFuture.completedStage(null);
        for (String message : messages) {
            sent = sent.thenCompose(before -> end.leg().send(Fragment.text(message)));
        }
    }

    private URI acceptUrl(RecordingReceiver listening) {
        return URI.create(Json.text(listening.messages().get(0), "acceptUrl"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"type\":\"owner\",\"proof\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
                "{\"type\":\"owner\"}",
                "{\"type\":\"established\",\"bridgeId\":\"00000000000000010000000000000002\"}",
                "no JSON"
            })
    void forward_toAFalseOwner_tellsItNothing(String answer) {
        RecordingReceiver listening = TestCluster.listen(a, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        URI url = acceptUrl(listening);
        impostor(A, end -> say(end, answer.isEmpty() ? new String[0] : new String[] {answer, "and as if a requester"}));
        RecordingReceiver device = TestCluster.open(b, url, "");
        device.leg().send(Fragment.text("my password"));
        cluster.scheduler.advance(Duration.ofSeconds(5)); // in which a silent one has to answer
        assertThat(device.closed().code()).isEqualTo(4502);
        assertThat(device.fragments()).isEmpty();
        assertThat(taken.get(0).fragments()).as("the device's data").isEmpty();
        assertThat(taken.get(0).closed()).as("is dropped").isNotNull();
        String token = url.getQuery().substring("bridgeToken=".length());
        assertThat(seen.get(0).uri() + " " + seen.get(0).headers()).doesNotContain(token);
        assertThat(b.stats().bridges()).isZero();

        cluster.impostors.clear();
        cluster.scheduler.advance(Duration.ofSeconds(5)); // after which a silent owner is asked again
        RecordingReceiver again = TestCluster.open(b, url, "");
        again.leg().send(Fragment.text("the token is still good"));
        assertThat(requester.fragments()).hasSize(1);
        requester.leg().close(CloseReason.normal());
    }

    @Test
    void forward_seenByAFalseOwner_isOfNoUseElsewhere() {
        RecordingReceiver listening = TestCluster.listen(a, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        impostor(A, end -> {});
        TestCluster.open(b, acceptUrl(listening), "");
        String credential = seen.get(0).headers().get(Endpoints.NODE_HEADER);
        assertThat(status(b, Endpoints.ACCEPT, null, credential))
                .as("at another node")
                .isEqualTo(403);
        RecordingReceiver asToken = TestCluster.open(
                b, Endpoints.accept(TestCluster.PUBLIC, new BridgeToken(credential.substring(0, 100)), ""), "");
        assertThat(asToken.closed().code()).as("in place of a token").isEqualTo(4410);
        assertThat(status(a, Endpoints.PEER, null, credential)).as("as a peer").isEqualTo(403);
        assertThat(requester.closed()).isNull();
        requester.leg().close(CloseReason.normal());
    }

    @Test
    void forward_addressNowOfAnotherNode_isRefusedThere() {
        RecordingReceiver listening = TestCluster.listen(a, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        BridgeNode c = cluster.peer(C);
        cluster.alias.put(A, C); // C has got the address of A, and does not know it
        try (LogCapture log = new LogCapture()) {
            assertThat(TestCluster.open(b, acceptUrl(listening), "").closed().code())
                    .isEqualTo(4502);
            assertThat(log.loud()).singleElement().asString().contains(A.toString(), "refused a forwarded accept");
        }
        assertThat(c.stats().bridges()).isZero();
        requester.leg().close(CloseReason.normal());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"type\":\"challenge\",\"challenge\":\"CHALLENGE\",\"proof\":\"AAAA\"}",
                "{\"type\":\"challenge\",\"challenge\":\"CHALLENGE\",\"time\":1}",
                "{\"type\":\"answer\",\"number\":1,\"delivered\":true}"
            })
    void peerLink_toAFalseNode_tellsItNothing(String greeting) {
        impostor(B, end -> say(end, greeting.isEmpty() ? new String[0] : new String[] {greeting}));
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        cluster.scheduler.advance(Duration.ofSeconds(3));
        assertThat(requester.closed().code()).as("no invitation was delivered").isEqualTo(4404);
        assertThat(taken.get(0).fragments()).isEmpty();
        assertThat(taken.get(0).closed()).isNotNull();
    }

    /** A false node that can reach the true one relays everything, as far as the addresses allow. */
    @Test
    void peerLink_relayedToANodeElsewhere_isNotProven() {
        BridgeNode c = cluster.peer(C);
        cluster.alias.put(B, C);
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        assertThat(requester.closed().code()).isEqualTo(4404);
        assertThat(c.stats().listeners()).isZero();
    }

    @Test
    void dial_outsideTheNetworks_isNotAttempted() {
        NodeAddress guarded = NodeAddress.parse("ws://10.0.0.9:8080");
        BridgeNode node = cluster.node(
                guarded,
                builder -> builder.peerNetworks(PeerNetworks.of(List.of("10.0.0.0/24")))
                        .peers(PeerDirectory.of(Set.of(A, NodeAddress.parse("ws://192.0.2.1:8080")))));
        cluster.links.clear();
        for (String owner : List.of(
                "ws://169.254.169.254",
                "ws://10.0.1.1:8080",
                "ws://[::1]:22",
                "ws://metadata.internal",
                "ws://2130706433")) {
            impostor(NodeAddress.parse(owner), end -> {});
            assertThat(accept(node, owner).closed().code()).as(owner).isEqualTo(4502);
        }
        assertThat(seen).isEmpty();
        impostor(A, end -> {});
        accept(node, A.toString());
        assertThat(seen).as("one that may be dialled").hasSize(1);
        TestCluster.request(node, "device", "");
        assertThat(seen).extracting(target -> target.uri().getAuthority()).doesNotContain("192.0.2.1:8080");
    }

    private RecordingReceiver accept(BridgeNode node, String owner) {
        TokenClaims claims = new TokenClaims(
                new BridgeId(1, 2),
                NodeAddress.parse(owner),
                cluster.clock.instant().plusSeconds(30));
        BridgeToken token = AeadTokenCodec.create(() -> cluster.keys).encode(claims);
        return TestCluster.open(node, Endpoints.accept(TestCluster.PUBLIC, token, ""), "");
    }

    @Test
    void admit_nodeOutsideTheNetworks_isRefused403() {
        NodeCredentials credentials = new NodeCredentials(() -> cluster.keys);
        for (String network : List.of("10.9.9.0/24", "10.9.8.0/24")) {
            BridgeNode node = cluster.node(A, builder -> builder.peerNetworks(PeerNetworks.of(List.of(network))));
            int expected = network.startsWith("10.9.9") ? 101 : 403;
            assertThat(status(node, Endpoints.PEER, null, credentials.link(A).credential()))
                    .isEqualTo(expected);
            assertThat(status(
                            node,
                            Endpoints.ACCEPT,
                            null,
                            credentials.forward(A, new BridgeToken("t"), false).credential()))
                    .isEqualTo(expected);
        }
    }

    @Test
    void source_behindAKnownProxy_mustBeInTheNetworks_andSoMustTheProxy() {
        Peer balancer = new Peer("10.0.0.7:4321");
        Peer gateway = new Peer("10.9.9.9:4321");
        BridgeNode node = cluster.node(
                A,
                builder -> builder.peerNetworks(PeerNetworks.of(List.of("10.0.0.0/24", "fd00::5")))
                        .proxies(List.of("10.0.0.7", "10.9.9.9")));
        String link = new NodeCredentials(() -> cluster.keys).link(A).credential();
        assertThat(through(node, link, balancer, "10.0.0.8")).isEqualTo(101);
        assertThat(through(node, link, balancer, "198.51.100.1"))
                .as("a stranger")
                .isEqualTo(403);
        assertThat(through(node, link, balancer, "fd00::5")).isEqualTo(101);
        assertThat(through(node, link, balancer, "fd00::5:1")).isEqualTo(403);
        assertThat(through(node, link, gateway, "10.0.0.8"))
                .as("what anybody could say there")
                .isEqualTo(403);
    }

    private static int through(Door door, String credential, Peer peer, String forwarded) {
        Map<String, String> fields = Map.of(Endpoints.NODE_HEADER, credential, "X-Forwarded-For", forwarded);
        Admission admission = door.admit(new Handshake(
                        Endpoints.PEER,
                        null,
                        true,
                        name -> fields.containsKey(name) ? List.of(fields.get(name)) : List.of(),
                        peer))
                .toCompletableFuture()
                .join();
        return admission instanceof Admission.Refused refused ? refused.status() : 101;
    }

    @Test
    void internalDoorOnly_servesNodesThereAndOthersNot() {
        BridgeNode node = cluster.node(A, BridgeNode.Builder::internalDoorOnly);
        NodeCredentials credentials = new NodeCredentials(() -> cluster.keys);
        String link = credentials.link(A).credential();
        String forward = credentials.forward(A, new BridgeToken("t"), false).credential();
        assertThat(status(node, Endpoints.PEER, null, link)).isEqualTo(404);
        assertThat(status(node, Endpoints.ACCEPT, null, forward)).isEqualTo(404);
        Door internal = node.internalDoor();
        assertThat(status(internal, Endpoints.PEER, null, link)).isEqualTo(101);
        assertThat(status(internal, Endpoints.ACCEPT, null, forward)).isEqualTo(101);
        assertThat(status(internal, Endpoints.PEER, null, "forged")).isEqualTo(403);
        assertThat(status(internal, Endpoints.ACCEPT, "bridgeToken=t", null))
                .as("a device")
                .isEqualTo(404);
        assertThat(status(internal, Endpoints.CONNECT, "deviceId=d", null)).isEqualTo(404);
        assertThat(status(internal, Endpoints.LISTEN, "deviceId=d", link)).isEqualTo(404);
        assertThat(status(internal, Endpoints.LIVEZ, null, null)).isEqualTo(200);
        assertThat(status(node, Endpoints.ACCEPT, "bridgeToken=t", null)).isEqualTo(101);
    }

    private static int status(Door door, String path, String query, String credential) {
        Admission admission = door.admit(new Handshake(
                        path,
                        query,
                        true,
                        name -> credential != null && name.equals(Endpoints.NODE_HEADER)
                                ? List.of(credential)
                                : List.of(),
                        new Peer("10.9.9.9:4321")))
                .toCompletableFuture()
                .join();
        return admission instanceof Admission.Refused refused ? refused.status() : 101;
    }

    @Test
    void proof_afterTheDeadline_isOfNoUse_andTheLegIsDropped() {
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        NodeCredentials credentials = new NodeCredentials(() -> cluster.keys);
        DialingRouter router = new DialingRouter(
                target -> dialled, credentials, node -> true, Duration.ofSeconds(5), cluster.scheduler);
        CompletableFuture<?> leg = router.dial(A, new NodeRouter.Forward(new BridgeToken("t"), "", null))
                .toCompletableFuture();
        cluster.scheduler.advance(Duration.ofSeconds(5));
        assertThat(leg).isCompletedExceptionally();
        FakeLeg late = new FakeLeg();
        dialled.complete(late);
        assertThat(late.aborted()).isTrue();
        assertThat(leg).failsWithin(Duration.ZERO).withThrowableThat().isNotInstanceOf(HandshakeException.class);
    }
}
