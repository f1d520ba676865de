package io.github.wsbridge.core.peers;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.LogCapture;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests which connections a node accepts from other nodes. */
class NodeCredentialsTest {

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node();
    private final NodeCredentials credentials = new NodeCredentials(() -> cluster.keys, cluster.clock);
    private final BridgeToken token = new BridgeToken("sometoken");

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
        NodeCredentials stranger = new NodeCredentials(TokenKeys::generate, cluster.clock);
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
    void peer_replayedCredential_isRefused403() {
        String good = credentials.issue(A, NodeCredentials.PEER_LINK);
        assertThat(peer(good)).isEqualTo(101);
        assertThat(peer(good)).isEqualTo(403);
        cluster.clock.advance(Duration.ofSeconds(59));
        assertThat(peer(good)).isEqualTo(403);
        cluster.clock.advance(Duration.ofHours(1));
        assertThat(peer(good)).isEqualTo(403);
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
                assertThat(peer(head + c)).isEqualTo(403);
            }
        }
    }

    @Test
    void credential_clockSkew_isToleratedUpToAMinute() {
        String now = credentials.issue(A, token.value());
        cluster.clock.advance(Duration.ofSeconds(60));
        assertThat(forward(now)).isEqualTo(101);
        cluster.clock.advance(Duration.ofMillis(1));
        assertThat(forward(now)).isEqualTo(403);
        NodeCredentials ahead = new NodeCredentials(
                () -> cluster.keys, () -> cluster.clock.instant().plusSeconds(60));
        assertThat(forward(ahead.issue(A, token.value()))).isEqualTo(101);
        NodeCredentials farAhead = new NodeCredentials(
                () -> cluster.keys, () -> cluster.clock.instant().plusSeconds(61));
        assertThat(forward(farAhead.issue(A, token.value()))).isEqualTo(403);
    }

    @Test
    void credential_fromTheFuture_cannotBeReplayedLater() {
        NodeCredentials ahead = new NodeCredentials(
                () -> cluster.keys, () -> cluster.clock.instant().plusSeconds(60));
        String early = ahead.issue(A, NodeCredentials.PEER_LINK);
        assertThat(peer(early)).isEqualTo(101);
        for (int i = 0; i < 125; i++) {
            cluster.clock.advance(Duration.ofSeconds(1));
            assertThat(peer(credentials.issue(A, NodeCredentials.PEER_LINK))).isEqualTo(101);
            assertThat(peer(early)).isEqualTo(403);
        }
    }
}
