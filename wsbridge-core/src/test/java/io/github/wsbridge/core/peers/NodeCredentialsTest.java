package io.github.wsbridge.core.peers;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.Json;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests which connections a node accepts from other nodes. */
class NodeCredentialsTest {

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node();
    private final NodeCredentials credentials = new NodeCredentials(() -> cluster.keys);
    private final BridgeToken token = new BridgeToken("sometoken");
    private int clients;
    private static final String LISTENING = "{\"type\":\"listening\",\"deviceId\":\"device\",\"since\":9000000000000}";

    private int status(String path, String query, List<String> credential) {
        Admission admission = node.admit(new Handshake(
                        path,
                        query,
                        true,
                        name -> name.equalsIgnoreCase(Endpoints.NODE_HEADER) ? credential : List.of(),
                        new Peer("10.9.9." + ++clients))) // failures delay no others
                .toCompletableFuture()
                .join();
        return admission instanceof Admission.Refused refused ? refused.status() : 101;
    }

    private int forward(String... credential) {
        return status(Endpoints.ACCEPT, null, List.of(credential));
    }

    private int peer(String... credential) {
        try (LogCapture log = new LogCapture()) {
            int status = status(Endpoints.PEER, null, List.of(credential));
            for (String secret : credential) {
                assertThat(log.all()).noneMatch(line -> secret.length() > 10 && line.contains(secret));
            }
            return status;
        }
    }

    @Test
    void forward_validCredential_isAccepted() {
        NodeCredentials.Request request = credentials.forward(A, token, false);
        assertThat(forward(request.credential())).isEqualTo(101);
        NodeCredentials.Forwarded read = credentials.forwarded(request.credential(), A, false);
        assertThat(read.token()).isEqualTo(token);
        assertThat(read.challenge()).isEqualTo(request.challenge()).hasSize(22);
        assertThat(request.credential())
                .as("neither is in the clear")
                .doesNotContain(token.value(), request.challenge());
        assertThat(status(Endpoints.ACCEPT, "bridgeToken=" + token.value(), List.of()))
                .as("a device needs none")
                .isEqualTo(101);
    }

    @Test
    void forward_longestToken_isAccepted() {
        BridgeToken longest = new BridgeToken("t".repeat(BridgeToken.MAX_LENGTH));
        String credential = credentials.forward(A, longest, true).credential();
        assertThat(credentials.forwarded(credential, A, true).token()).isEqualTo(longest);
    }

    @Test
    void forward_badCredential_isRefused403() {
        String good = credentials.forward(A, token, false).credential();
        NodeCredentials stranger = new NodeCredentials(TokenKeys::generate);
        assertThat(forward("")).isEqualTo(403);
        assertThat(forward("forged")).isEqualTo(403);
        assertThat(forward("ä\u0000")).isEqualTo(403);
        assertThat(forward("A".repeat(100_000))).isEqualTo(403);
        assertThat(forward(good + "=")).isEqualTo(403);
        assertThat(forward(good, good)).as("twice").isEqualTo(403);
        assertThat(forward(token.value())).isEqualTo(403);
        assertThat(forward(stranger.forward(A, token, false).credential())).isEqualTo(403);
        assertThat(forward(credentials.forward(B, token, false).credential()))
                .as("for another node")
                .isEqualTo(403);
        assertThat(forward(credentials.link(A).credential())).isEqualTo(403);
    }

    @Test
    void forward_rejectionAsAccept_orTheOtherWayRound_isRefused403() {
        String accept = credentials.forward(A, token, false).credential();
        String reject = credentials.forward(A, token, true).credential();
        assertThat(status(Endpoints.ACCEPT, "rejectCode=1", List.of(reject))).isEqualTo(101);
        assertThat(status(Endpoints.ACCEPT, "rejectCode=1", List.of(accept))).isEqualTo(403);
        assertThat(status(Endpoints.ACCEPT, null, List.of(reject))).isEqualTo(403);
    }

    @Test
    void forward_isAnsweredWithTheProof_beforeAnythingElse() {
        NodeCredentials.Request request = credentials.forward(A, token, false);
        FakeLeg leg = open(Endpoints.ACCEPT, request.credential());
        assertThat(Json.text(leg.sent().get(0), "type")).isEqualTo("owner");
        assertThat(Json.text(leg.sent().get(0), "proof")).isEqualTo(request.challenge());
        assertThat(leg.closes().get(0).code()).as("it is no real token").isEqualTo(4410);
    }

    /** During a rotation, neighbouring nodes may be one step apart. */
    @Test
    void keysOneStepApart_everythingIsUnderstood() {
        TokenKeys old = TokenKeys.generate();
        TokenKeys added = old.withNewKey();
        TokenKeys switched = added.withPrimary(added.keys().get(1).id());
        TokenKeys done = switched.without(old.keys().get(0).id());
        List<TokenKeys> steps = List.of(old, added, switched, done);
        for (int i = 0; i + 1 < steps.size(); i++) {
            NodeCredentials before = of(steps.get(i));
            NodeCredentials after = of(steps.get(i + 1));
            understands(before, after);
            understands(after, before);
        }
    }

    private static NodeCredentials of(TokenKeys keys) {
        return new NodeCredentials(() -> keys);
    }

    private void understands(NodeCredentials dialler, NodeCredentials dialled) {
        NodeCredentials.Request request = dialler.link(A);
        assertThat(dialled.linked(request.credential(), A)).isEqualTo(request.challenge());
        String answer = dialled.answer(A, request.challenge(), "challenge", cluster.clock.instant());
        assertThat(dialler.answered(answer, A, request.challenge(), "challenge"))
                .isNotNull();
        NodeCredentials.Proof proof = new NodeCredentials.Proof(B, cluster.clock.instant());
        String proven = dialler.prove(A, request.challenge(), "challenge", proof);
        assertThat(dialled.check(proven, A, request.challenge(), "challenge")).isEqualTo(proof);
        assertThat(dialled.forwarded(dialler.forward(A, token, false).credential(), A, false))
                .isNotNull();
    }

    @Test
    void peer_badCredential_isRefused403() {
        assertThat(peer()).isEqualTo(403);
        assertThat(peer("")).isEqualTo(403);
        assertThat(peer("forged")).isEqualTo(403);
        assertThat(peer(credentials.link(B).credential())).isEqualTo(403);
        assertThat(peer(credentials.forward(A, token, false).credential())).isEqualTo(403);
        NodeAddress sameNodeOtherName = NodeAddress.parse("ws://10.0.0.1:80");
        assertThat(peer(credentials.link(sameNodeOtherName).credential())).isEqualTo(403);
    }

    private void prove(FakeLeg link, NodeCredentials.Request request, NodeCredentials.Proof proof) {
        prove(link, request, Json.text(link.sent().get(0), "challenge"), proof);
    }

    private void prove(FakeLeg link, NodeCredentials.Request request, String challenge, NodeCredentials.Proof proof) {
        link.deliver(
                JsonWriter.string(PeerMessages.proof(credentials.prove(A, request.challenge(), challenge, proof))));
    }

    @Test
    void peer_replayedCredential_opensALinkThatDoesNothing() {
        NodeCredentials.Request good = credentials.link(A);
        NodeCredentials.Proof proof = new NodeCredentials.Proof(B, cluster.clock.instant());
        RecordingReceiver device = TestCluster.listen(node, "device");
        FakeLeg first = peerLink(good);
        String challenge = Json.text(first.sent().get(0), "challenge");
        prove(first, good, proof);
        first.deliver(LISTENING);
        assertThat(device.closed()).as("this one is a node").isNotNull();
        RecordingReceiver again = TestCluster.listen(node, "device");
        FakeLeg replayed = peerLink(good);
        assertThat(Json.text(replayed.sent().get(0), "challenge")).isNotEqualTo(challenge);
        prove(replayed, good, challenge, proof);
        assertThat(replayed.closes().get(0).code()).isEqualTo(1008);
        FakeLeg other = peerLink(good);
        prove(other, credentials.link(A), proof);
        assertThat(other.closes().get(0).code()).as("the proof of another link").isEqualTo(1008);
        FakeLeg presumptuous = peerLink(good);
        presumptuous.deliver(LISTENING);
        assertThat(presumptuous.closes().get(0).code()).isEqualTo(1008);
        FakeLeg silent = peerLink(good);
        cluster.scheduler.advance(Duration.ofSeconds(3));
        assertThat(silent.closes().get(0).code()).isEqualTo(1008);
        assertThat(again.closed()).isNull();
    }

    @Test
    void peer_answer_isBoundToAddressAndBothChallenges() {
        NodeCredentials.Request request = credentials.link(A);
        FakeLeg link = peerLink(request);
        String challenge = Json.text(link.sent().get(0), "challenge");
        String answer = Json.text(link.sent().get(0), "proof");
        assertThat(credentials.answered(answer, A, request.challenge(), challenge))
                .isEqualTo(cluster.clock.instant());
        assertThat(credentials.answered(answer, B, request.challenge(), challenge))
                .isNull();
        assertThat(credentials.answered(answer, A, credentials.challenge(), challenge))
                .isNull();
        assertThat(credentials.answered(answer, A, request.challenge(), credentials.challenge()))
                .isNull();
        assertThat(new NodeCredentials(TokenKeys::generate).answered(answer, A, request.challenge(), challenge))
                .isNull();
    }

    @Test
    void clocksAnHourApart_changeNothing_andAreTold() {
        NodeCredentials.Proof late =
                new NodeCredentials.Proof(B, cluster.clock.instant().minusSeconds(3600));
        RecordingReceiver device = TestCluster.listen(node, "device");
        cluster.clock.advance(Duration.ofSeconds(5));
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 3; i++) {
                NodeCredentials.Request request = credentials.link(A);
                FakeLeg link = peerLink(request);
                prove(link, request, late);
                link.deliver(JsonWriter.string(PeerMessages.listening(
                        "device", cluster.clock.instant().minusSeconds(3600), new BridgeListener.Client("", ""))));
                assertThat(link.closes()).isEmpty();
            }
            assertThat(log.loud()).singleElement().asString().contains("clocks", "3605 s");
        }
        assertThat(device.closed()).as("its listener is older, by one clock").isNotNull();
    }

    private FakeLeg peerLink(NodeCredentials.Request request) {
        return open(Endpoints.PEER, request.credential());
    }

    private FakeLeg open(String path, String credential) {
        FakeLeg leg = new FakeLeg();
        node.admit(new Handshake(
                        path,
                        null,
                        true,
                        name -> name.equals(Endpoints.NODE_HEADER) ? List.of(credential) : List.of(),
                        new Peer("")))
                .thenAccept(
                        admission -> ((Admission.Granted) admission).opened().accept(leg));
        return leg;
    }

    @Test
    void peer_replayedInOtherWords_isRefused403() {
        // The same bytes have several spellings in base64: padding, and unused bits of the last character.
        for (int i = 0; i < 50; i++) {
            String good = credentials.link(A).credential();
            assertThat(peer(good)).isEqualTo(101);
            assertThat(peer(good + "=")).isEqualTo(403);
            assertThat(peer(good + "==")).isEqualTo(403);
            String head = good.substring(0, good.length() - 1);
            for (char c : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".toCharArray()) {
                assertThat(peer(head + c)).isEqualTo(good.equals(head + c) ? 101 : 403);
            }
        }
    }
}
