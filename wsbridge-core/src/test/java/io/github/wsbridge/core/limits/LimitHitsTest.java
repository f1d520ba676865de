package io.github.wsbridge.core.limits;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.testkit.FakeLeg;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests that listeners are told which limit was hit. */
class LimitHitsTest {

    private final TestCluster cluster = new TestCluster();
    private final List<BridgeListener.Limit> hit = new ArrayList<>();
    private final BridgeListener listener = new BridgeListener() {
        @Override
        public void onLimited(Limit limit) {
            hit.add(limit);
        }
    };

    private BridgeNode node(Limits.Builder limits) {
        return cluster.node(
                A,
                builder -> builder.limits(limits.build())
                        .signaller(cluster.signaller)
                        .listener(listener));
    }

    @Test
    void node_full_isToldBeforeTheUpgradeAndAfterIt_butNotForAProbe() {
        BridgeNode node = node(Limits.builder().maxBridges(1));
        TestCluster.request(node, "device", "");
        FakeLeg late = new FakeLeg("");
        node.request(new BridgeRequest("device"), "alice", late);
        assertThat(late.ended().code()).isEqualTo(4503);
        assertThat(TestCluster.refusal(node, Endpoints.connect(TestCluster.PUBLIC, new BridgeRequest("device"))))
                .isEqualTo(503);
        assertThat(TestCluster.refusal(node, TestCluster.PUBLIC.resolve(Endpoints.READYZ)))
                .isEqualTo(503);
        assertThat(hit).containsExactly(BridgeListener.Limit.BRIDGES, BridgeListener.Limit.BRIDGES);
    }

    @Test
    void device_tooManyWait_isTold() {
        BridgeNode node = node(Limits.builder().maxPendingPerDevice(1));
        TestCluster.request(node, "device", "");
        assertThat(TestCluster.request(node, "device", "").closed().code()).isEqualTo(4429);
        assertThat(hit).containsExactly(BridgeListener.Limit.WAITING);
    }
}
