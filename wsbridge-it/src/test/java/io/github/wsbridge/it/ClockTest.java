package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.testkit.LogCapture;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three nodes, one of which has a clock that is an hour ahead. */
final class ClockTest {

    @Test
    @Timeout(60)
    void oneNodeAnHourAhead_allBridgesWork_andEachNodeWarnsOnce() throws Exception {
        AtomicInteger count = new AtomicInteger();
        try (LogCapture log = new LogCapture();
                Cluster cluster = Cluster.start(3, node -> {
                    long ahead = count.getAndIncrement() == 1 ? 3600 : 0;
                    node.clock(() -> Instant.now().plusSeconds(ahead));
                });
                EchoDevices devices = new EchoDevices(cluster.url(), 3)) {
            for (int node = 0; node < 3; node++) {
                for (int i = 0; i < 9; i++) {
                    echo(cluster.url(node), "device-" + i % 3);
                }
            }
            assertThat(cluster.crossings.forwarded()).isPositive();
            assertThat(log.loud())
                    .filteredOn(line -> line.contains("the clocks of this node and of "))
                    .hasSizeBetween(1, 3);
        }
    }

    private static void echo(URI node, String device) throws Exception {
        try (BridgeClient client = BridgeClient.builder(node).build();
                BridgeChannel bridge = client.connect(device).get(10, TimeUnit.SECONDS)) {
            bridge.write(ByteBuffer.wrap(new byte[] {42}));
            assertThat(bridge.read(ByteBuffer.allocate(1))).isEqualTo(1);
        }
    }
}
