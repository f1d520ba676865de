package io.github.wsbridge.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;

/** A node that is not one of a cluster. */
final class SingleNodeTest {

    private static final InetSocketAddress BOUND = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

    @Test
    void singleNode_needsNeitherAddressNorKeys() throws Exception {
        FakeSignaller signaller = new FakeSignaller();
        try (BridgeNode node = BridgeNode.builder()
                .boundTo(BOUND)
                .insecure()
                .signaller(signaller)
                .scheduler(new FakeScheduler())
                .build()) {
            RecordingReceiver requester = TestCluster.request(node, "device", "");
            URI accept = signaller.take(TestCluster.PATIENCE).acceptUrl();
            assertThat(accept.toString()).startsWith("ws://127.0.0.1:4711/bridge/accept?");
            RecordingReceiver device = TestCluster.open(node, accept, "");
            requester.leg().send(Fragment.text("hello"));
            assertThat(device.fragments()).containsExactly(Fragment.text("hello"));
        }
    }

    @Test
    void publicUrl_isTheAddress() throws Exception {
        try (BridgeNode node = BridgeNode.builder()
                .publicUrl(TestCluster.PUBLIC)
                .boundTo(BOUND)
                .insecure()
                .build()) {
            assertThat(node.address()).isEqualTo(new NodeAddress(TestCluster.PUBLIC));
        }
        try (BridgeNode node = BridgeNode.builder()
                .boundTo(new InetSocketAddress("::1", 80))
                .insecure()
                .build()) {
            assertThat(node.address()).hasToString("ws://[::1]");
        }
    }

    @Test
    void whatIsMissing_isSaid() {
        BridgeNode.Builder nothing = BridgeNode.builder().insecure();
        assertThatThrownBy(nothing::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("public URL");
        BridgeNode.Builder everywhere = BridgeNode.builder().insecure().boundTo(new InetSocketAddress(4711));
        assertThatThrownBy(everywhere::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("all addresses");
        BridgeNode.Builder clustered = BridgeNode.builder()
                .insecure()
                .boundTo(BOUND)
                .keys(TokenKeys.generate())
                .peers(PeerDirectory.none());
        assertThatThrownBy(clustered::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cluster");
        BridgeNode.Builder unguarded = BridgeNode.builder().boundTo(BOUND);
        assertThatThrownBy(unguarded::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("access policy");
    }
}
