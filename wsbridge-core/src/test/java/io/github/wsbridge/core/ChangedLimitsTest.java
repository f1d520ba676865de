package io.github.wsbridge.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Limits that change while a node runs. */
class ChangedLimitsTest {

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node(
            TestCluster.A,
            builder -> builder.signaller(cluster.signaller)
                    .limits(Limits.builder().maxBridges(2).maxListeners(1).build()));

    private void isRefused(Runnable request, int status) {
        Assertions.assertThatThrownBy(request::run)
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining(String.valueOf(status));
    }

    @Test
    void bridgesAndListeners_moreOrFewer_applyToWhatComes() {
        RecordingReceiver first = TestCluster.request(node, "pump", "");
        TestCluster.request(node, "pump", "");
        TestCluster.listen(node, "one");
        isRefused(() -> TestCluster.request(node, "pump", ""), 503);
        isRefused(() -> TestCluster.listen(node, "two"), 503);

        node.changeLimits(Limits.builder().maxBridges(3).maxListeners(2).build());
        TestCluster.request(node, "pump", "");
        TestCluster.listen(node, "two");
        assertThat(node.limits().maxBridges()).isEqualTo(3);

        node.changeLimits(Limits.builder().maxBridges(1).maxListeners(1).build());
        assertThat(node.stats().pending()).as("those that are there stay").isEqualTo(3);
        assertThat(node.stats().listeners()).isEqualTo(2);
        first.leg().abort();
        isRefused(() -> TestCluster.request(node, "pump", ""), 503);
    }

    @Test
    void whatCannotChange_staysAsItIs() {
        node.changeLimits(Limits.builder()
                .acceptTimeout(Duration.ofSeconds(1))
                .maxIdle(Duration.ofSeconds(1))
                .requestsPerSecond(1)
                .build());
        assertThat(node.limits().acceptTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(node.limits().maxIdle()).isZero();
        TestCluster.request(node, "pump", "");
        isRefused(() -> TestCluster.request(node, "pump", ""), 429);
    }
}
