package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Thousands of short bridges: each works, and none leaves anything behind. */
final class ChurnTest {

    private static final int WORKERS = 16;
    private static final int DEVICES = 4;

    @Test
    @Timeout(180)
    void shortBridges_800_leaveNothingBehind() throws Exception {
        churn(50);
    }

    @Test
    @Tag("system")
    @Timeout(180)
    void shortBridges_2000_leaveNothingBehind() throws Exception {
        churn(125);
    }

    private static void churn(int each) throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        try (Cluster cluster = Cluster.start(3);
                EchoDevices devices = new EchoDevices(cluster.url(), DEVICES);
                BridgeClient client = BridgeClient.builder(cluster.url()).build()) {
            long start = System.nanoTime();
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                String device = "device-" + i % DEVICES;
                runs.add(workers.submit(() -> {
                    for (int j = 0; j < each; j++) {
                        echo(client, device);
                    }
                    return null;
                }));
            }
            for (Future<?> run : runs) {
                run.get(150, TimeUnit.SECONDS);
            }
            int count = WORKERS * each;
            System.out.printf(
                    "%d bridges, %.0f a second: connect, accept, echo, close, over three nodes, all in one JVM%n",
                    count, count * 1e9 / (System.nanoTime() - start));
            assertThat(cluster.crossings.direct() + cluster.crossings.forwarded())
                    .isEqualTo(count);
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                for (BridgeNode node : cluster.nodes()) {
                    NodeStats stats = node.stats();
                    assertThat(stats.pending() + stats.bridges()).isZero();
                }
                assertThat(devices.ends).hasSize(count);
            });
            assertThat(devices.ends).allMatch(reason -> reason.code() == 1000);
        } finally {
            workers.shutdownNow();
        }
    }

    private static void echo(BridgeClient client, String device) throws Exception {
        try (BridgeChannel bridge = client.connect(device).get(30, TimeUnit.SECONDS)) {
            bridge.readTimeout(Duration.ofSeconds(30));
            bridge.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
            bridge.shutdownOutput();
            assertThat(bridge.inputStream().readAllBytes()).containsExactly(1, 2, 3);
        }
    }
}
