package io.github.wsbridge.core.bridges;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BridgeAgesTest {

    private final TestCluster cluster = new TestCluster();
    private final Limits.Builder limits = Limits.builder();

    private record Ends(RecordingReceiver requester, RecordingReceiver device) {}

    private Ends bridge() throws Exception {
        BridgeNode node =
                cluster.node(A, builder -> builder.limits(limits.build()).signaller(cluster.signaller));
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        return new Ends(
                requester,
                TestCluster.open(
                        node, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), ""));
    }

    private void pass(Duration time) {
        for (long left = time.toMillis(); left > 0; left -= 1_000) {
            cluster.scheduler.advance(Duration.ofMillis(Math.min(left, 1_000)));
        }
    }

    @Test
    void idleBridge_isClosed1008() throws Exception {
        limits.maxIdle(Duration.ofMinutes(5));
        Ends ends = bridge();
        pass(Duration.ofMinutes(4));
        ends.requester().leg().send(Fragment.text("hello"));
        pass(Duration.ofMinutes(4));
        ends.device().leg().send(Fragment.text("hello"));
        pass(Duration.ofSeconds(299));
        assertThat(ends.requester().closed()).isNull();
        pass(Duration.ofSeconds(62));
        assertThat(ends.requester().closed()).isEqualTo(BridgeAges.IDLE);
        assertThat(ends.device().closed()).isEqualTo(BridgeAges.IDLE);
    }

    @Test
    void oldBridge_isClosed1008_howeverBusy() throws Exception {
        limits.maxIdle(Duration.ofMinutes(1)).maxLifetime(Duration.ofMinutes(10));
        Ends ends = bridge();
        for (int i = 0; i < 19; i++) {
            pass(Duration.ofSeconds(30));
            ends.requester().leg().send(Fragment.text("hello"));
        }
        assertThat(ends.device().closed()).isNull();
        pass(Duration.ofSeconds(31));
        assertThat(ends.device().closed()).isEqualTo(BridgeAges.OLD);
    }

    @Test
    void noLimits_scheduleNothing() throws Exception {
        Ends ends = bridge();
        pass(Duration.ofHours(2));
        assertThat(ends.device().closed()).isNull();
    }
}
