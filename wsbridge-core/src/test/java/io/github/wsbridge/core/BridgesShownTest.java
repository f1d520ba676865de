package io.github.wsbridge.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeListener.Client;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a node shows of its bridges, and ends. */
class BridgesShownTest {

    private static final CloseReason ENDED = new CloseReason(CloseReason.POLICY_VIOLATION, "ended by a test");

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode owner = cluster.node();

    private static BridgeState only(BridgeNode node) {
        List<BridgeState> all = node.bridges();
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    @Test
    void bridge_isShownFromTheRequestToItsEnd() throws Exception {
        RecordingReceiver requester = TestCluster.request(owner, "pump-7", "");
        BridgeState waiting = only(owner);
        assertThat(waiting.pending()).isTrue();
        assertThat(waiting.deviceId()).isEqualTo("pump-7");
        assertThat(waiting.requester()).map(Client::principal).hasValue("in-process");
        assertThat(waiting.since()).isEqualTo(cluster.clock.instant());

        RecordingReceiver device = TestCluster.open(
                owner, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
        requester.leg().send(Fragment.text("four"));
        device.leg().send(Fragment.text("sixsix"));
        BridgeState live = only(owner);
        assertThat(live.id()).isEqualTo(waiting.id());
        assertThat(live.pending()).isFalse();
        assertThat(live.owner()).isEmpty();
        assertThat(live.bytesToDevice()).isEqualTo(4);
        assertThat(live.bytesToRequester()).isEqualTo(6);

        requester.leg().close(CloseReason.normal());
        assertThat(owner.bridges()).isEmpty();
    }

    @Test
    void forwardedBridge_isShownOnBothNodes_andEndsOnEither() throws Exception {
        BridgeNode other = cluster.node(TestCluster.B, builder -> builder);
        RecordingReceiver requester = TestCluster.request(owner, "pump-7", "");
        RecordingReceiver device = TestCluster.open(
                other, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
        requester.leg().send(Fragment.text("four"));
        BridgeState forwarded = only(other);
        assertThat(forwarded.id()).isEqualTo(only(owner).id());
        assertThat(forwarded.owner()).hasValue(TestCluster.A);
        assertThat(forwarded.requester()).isEqualTo(Optional.empty());
        assertThat(forwarded.bytesToDevice()).isEqualTo(4);

        assertThat(other.endBridge(forwarded.id(), ENDED)).isTrue();
        assertThat(requester.closed()).isEqualTo(ENDED);
        assertThat(device.closed()).isEqualTo(ENDED);
        assertThat(owner.bridges()).isEmpty();
        assertThat(other.bridges()).isEmpty();
    }

    @Test
    void endBridge_endsAWaitingRequester_andKnowsNoOther() {
        RecordingReceiver requester = TestCluster.request(owner, "pump-7", "");
        assertThat(owner.endBridge(new BridgeId(1, 2), ENDED)).isFalse();
        assertThat(owner.endBridge(only(owner).id(), ENDED)).isTrue();
        assertThat(requester.closed()).isEqualTo(ENDED);
        assertThat(owner.bridges()).isEmpty();
    }
}
