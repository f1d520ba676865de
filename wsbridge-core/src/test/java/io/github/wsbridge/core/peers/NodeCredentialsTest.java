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
    private static final String LISTENING = "{\"type\":\"listening\",\"deviceId\":\"device\",\"since\":9000000000000}";

    private int status(String path, String query, List<String> credential) {
        Admission admission = node.admit(new Handshake(
                        path,
                        query,
                        true,
                        name -> name.equalsIgnoreCase(Endpoints.NODE_HEADER) ? credential : List.of(),
                        new Peer("10.9.9.9")))
                .toCompletableFuture()
                .join();
        return admission instanceof Admission.Refused refused ? refused.status() : 101;
    }

    private int forward(String... credential) {
        return status(Endpoints.ACCEPT, "bridgeToken=" + token.value(), List.of(credential));
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
        assertThat(forward(credentials.issue(A, token.value()))).isEqualTo(101);
        assertThat(forward()).as("a device needs none").isEqualTo(101);
    }

    @Test
    void forward_badCredential_isRefused403() {
        String good = credentials.issue(A, token.value());
        NodeCredentials stranger = new NodeCredentials(TokenKeys::generate);
        assertThat(forward("")).isEqualTo(403);
        assertThat(forward("forged")).isEqualTo(403);
        assertThat(forward("ä\u0000")).isEqualTo(403);
        assertThat(forward("A".repeat(100_000))).isEqualTo(403);
        assertThat(forward(good + "=")).isEqualTo(403);
        assertThat(forward(good, good)).as("twice").isEqualTo(403);
        assertThat(forward(stranger.issue(A, token.value()))).isEqualTo(403);
        assertThat(forward(credentials.issue(B, token.value())))
                .as("another device")
                .isEqualTo(403);
        assertThat(forward(credentials.issue(A, "othertoken")))
                .as("another token")
                .isEqualTo(403);
        assertThat(forward(credentials.issue(A, NodeCredentials.PEER_LINK))).isEqualTo(403);
    }

    @Test
    void peer_badCredential_isRefused403() {
        assertThat(peer()).isEqualTo(403);
        assertThat(peer("")).isEqualTo(403);
        assertThat(peer("forged")).isEqualTo(403);
        assertThat(peer(credentials.issue(B, NodeCredentials.PEER_LINK))).isEqualTo(403);
        assertThat(peer(credentials.issue(A, token.value()))).isEqualTo(403);
        NodeAddress sameNodeOtherName = NodeAddress.parse("ws://10.0.0.1:80");
        assertThat(peer(credentials.issue(sameNodeOtherName, NodeCredentials.PEER_LINK)))
                .isEqualTo(403);
    }

    @Test
    void peer_replayedCredential_opensALinkThatDoesNothing() {
        String good = credentials.issue(A, NodeCredentials.PEER_LINK);
        RecordingReceiver device = TestCluster.listen(node, "device");
        FakeLeg first = peerLink(good);
        String challenge = Json.text(first.sent().get(0), "challenge");
        first.deliver(JsonWriter.string(PeerMessages.proof(
                credentials.prove(A, challenge, new NodeCredentials.Proof(B, cluster.clock.instant())))));
        first.deliver(LISTENING);
        assertThat(device.closed()).as("this one is a node").isNotNull();
        RecordingReceiver again = TestCluster.listen(node, "device");
        FakeLeg replayed = peerLink(good);
        assertThat(Json.text(replayed.sent().get(0), "challenge")).isNotEqualTo(challenge);
        replayed.deliver(JsonWriter.string(PeerMessages.proof(
                credentials.prove(A, challenge, new NodeCredentials.Proof(B, cluster.clock.instant())))));
        assertThat(replayed.closes().get(0).code()).isEqualTo(1008);
        FakeLeg presumptuous = peerLink(good);
        presumptuous.deliver(LISTENING);
        assertThat(presumptuous.closes().get(0).code()).isEqualTo(1008);
        FakeLeg silent = peerLink(good);
        cluster.scheduler.advance(Duration.ofSeconds(3));
        assertThat(silent.closes().get(0).code()).isEqualTo(1008);
        assertThat(again.closed()).isNull();
    }

    @Test
    void clocksAnHourApart_changeNothing_andAreTold() {
        NodeCredentials.Proof late =
                new NodeCredentials.Proof(B, cluster.clock.instant().minusSeconds(3600));
        RecordingReceiver device = TestCluster.listen(node, "device");
        cluster.clock.advance(Duration.ofSeconds(5));
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 3; i++) {
                FakeLeg link = peerLink(credentials.issue(A, NodeCredentials.PEER_LINK));
                link.deliver(JsonWriter.string(PeerMessages.proof(
                        credentials.prove(A, Json.text(link.sent().get(0), "challenge"), late))));
                link.deliver(JsonWriter.string(PeerMessages.listening(
                        "device", cluster.clock.instant().minusSeconds(3600), new BridgeListener.Client("", ""))));
                assertThat(link.closes()).isEmpty();
            }
            assertThat(log.loud()).singleElement().asString().contains("clocks", "3605 s");
        }
        assertThat(device.closed()).as("its listener is older, by one clock").isNotNull();
    }

    private FakeLeg peerLink(String credential) {
        FakeLeg leg = new FakeLeg();
        node.admit(new Handshake(Endpoints.PEER, null, true, name -> List.of(credential), new Peer("")))
                .thenAccept(
                        admission -> ((Admission.Granted) admission).opened().accept(leg));
        return leg;
    }

    @Test
    void peer_replayedInOtherWords_isRefused403() {
        // The same bytes have several spellings in base64: padding, and unused bits of the last character.
        for (int i = 0; i < 50; i++) {
            String good = credentials.issue(A, NodeCredentials.PEER_LINK);
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
