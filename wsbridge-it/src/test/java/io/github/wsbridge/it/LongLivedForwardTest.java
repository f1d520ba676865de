package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.Watch;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.limits.Limits;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A forwarded bridge lives as long as a direct one: the timeouts of handshake and dial do not apply to it. */
@Tag("system")
final class LongLivedForwardTest {

    private static final Duration SHORT = Duration.ofSeconds(2);
    private static final Duration LONG = Duration.ofSeconds(6);

    @ParameterizedTest(name = "keepalive every {0} ms")
    @ValueSource(ints = {1_000, 600_000})
    @Timeout(120)
    void forwardedBridge_idleOrSlowForManyTimeouts_staysOpen(int keepAliveMillis) throws Exception {
        Watch watch = new Watch(Duration.ofMillis(keepAliveMillis), Duration.ofMinutes(1));
        Limits limits = Limits.builder()
                .dialTimeout(SHORT)
                .peerTimeout(SHORT)
                .admissionTimeout(SHORT)
                .acceptTimeout(Duration.ofSeconds(10))
                .watch(watch)
                .build();
        try (Cluster cluster = Cluster.start(3, node -> node.limits(limits), server -> server.handshakeTimeout(SHORT));
                EchoDevices devices = new EchoDevices(cluster.url(), 1);
                BridgeClient client = BridgeClient.builder(cluster.url())
                        .connectTimeout(Duration.ofSeconds(10))
                        .keepAlive(watch)
                        .build();
                BridgeChannel bridge = forwarded(cluster, client)) {
            await("idle").during(LONG).atMost(LONG.plusSeconds(10)).until(() -> bridge.closeReason() == null);
            echo(bridge);
            long end = System.nanoTime() + LONG.toNanos();
            while (System.nanoTime() < end) {
                echo(bridge); // a long, very slow transfer with only a few bytes in transit
            }
            assertThat(bridge.closeReason()).isNull();
            assertThat(devices.ends).isEmpty();
        }
    }

    @Test
    @Timeout(120)
    void pausedReader_withLittleInTransit_isNotDropped() throws Exception {
        Watch watch = new Watch(Duration.ofSeconds(1), Duration.ofMinutes(1));
        try (Cluster cluster = Cluster.start(
                        3, node -> node.limits(Limits.builder().watch(watch).build()));
                EchoDevices devices = new EchoDevices(cluster.url(), 1);
                BridgeClient client =
                        BridgeClient.builder(cluster.url()).keepAlive(watch).build();
                BridgeChannel bridge = client.connect("device-0").get(30, TimeUnit.SECONDS)) {
            byte[] sent = Payloads.bytes(150_000, 5); // more than a channel buffers, but too little to block a send
            bridge.write(ByteBuffer.wrap(sent));
            await("nobody reads").during(LONG).atMost(LONG.plusSeconds(10)).until(() -> bridge.closeReason() == null);
            bridge.readTimeout(Duration.ofSeconds(10));
            ByteBuffer back = ByteBuffer.allocate(sent.length);
            while (back.hasRemaining()) {
                assertThat(bridge.read(back)).isPositive();
            }
            assertThat(back.array()).isEqualTo(sent);
            assertThat(devices.ends).isEmpty();
        }
    }

    /** Opens bridges until one is forwarded. The others stay open and idle as well. */
    private static BridgeChannel forwarded(Cluster cluster, BridgeClient client) throws Exception {
        for (int i = 0; i < 20; i++) {
            int before = cluster.crossings.forwarded();
            BridgeChannel bridge = client.connect("device-0").get(30, TimeUnit.SECONDS);
            if (cluster.crossings.forwarded() > before) {
                return bridge;
            }
        }
        throw new AssertionError("no bridge was forwarded");
    }

    private static void echo(BridgeChannel bridge) throws Exception {
        bridge.readTimeout(Duration.ofSeconds(10));
        bridge.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        ByteBuffer back = ByteBuffer.allocate(3);
        while (back.hasRemaining()) {
            assertThat(bridge.read(back)).isPositive();
        }
        assertThat(back.array()).containsExactly(1, 2, 3);
    }
}
