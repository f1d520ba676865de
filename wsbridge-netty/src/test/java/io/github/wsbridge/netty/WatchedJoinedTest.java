package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.Watch;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.transport.Backpressure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests how a node watches legs whose bytes it does not see. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
class WatchedJoinedTest {

    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration STALL = Duration.ofSeconds(4);

    private NettyCluster cluster;

    @BeforeEach
    void up() throws Exception {
        cluster = new NettyCluster(
                1,
                node -> node.limits(
                        Limits.builder().watch(new Watch(INTERVAL, STALL)).build()),
                server -> {});
    }

    @AfterEach
    void down() {
        cluster.close();
    }

    @Test
    void idleEnd_staysOpenOnlyIfItAnswersPings() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            JoinedFixture.warm(ends);
            CompletableFuture<Frame> answering = new CompletableFuture<>();
            JoinedFixture.inBackground(() -> answering.complete(JoinedFixture.endOf(ends.requester())));
            CompletableFuture<Frame> alsoAnswering = new CompletableFuture<>();
            AtomicLong pings = new AtomicLong();
            CompletableFuture<Void> deviceReads = JoinedFixture.inBackground(() -> {
                while (pings.get() < 4) {
                    Frame ping = ends.device().read();
                    assertThat(ping.opcode()).isEqualTo(9);
                    ends.device().write(RawWebSocket.PONG, true, ping.payload());
                    pings.incrementAndGet();
                }
            });
            deviceReads.get(20, TimeUnit.SECONDS);
            assertThat(answering).isNotDone();
            Frame end = answering.get(20, TimeUnit.SECONDS); // since the device no longer answers
            assertThat(end.closeCode()).isEqualTo(4000);
            assertThat(end.text()).contains("ping");
            assertThat(alsoAnswering).isNotDone();
        }
    }

    @Test
    void readerThatStops_isDroppedAfterTheStallTimeout() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            JoinedFixture.warm(ends);
            AtomicLong sent = new AtomicLong();
            long began = System.nanoTime();
            CompletableFuture<Void> flooding =
                    JoinedFixture.inBackground(() -> Backpressure.flood(ends.requester(), sent));
            Frame end = JoinedFixture.endOf(ends.requester());
            assertThat(end.closeCode()).isEqualTo(4000);
            assertThat(end.text()).contains("read no data");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(STALL);
            ends.requester().close();
            flooding.exceptionally(broken -> null).get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void readerThatIsSlow_isNotDropped() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            JoinedFixture.warm(ends);
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding =
                    JoinedFixture.inBackground(() -> Backpressure.flood(ends.requester(), sent));
            CompletableFuture<Void> draining =
                    JoinedFixture.inBackground(() -> ends.requester().readToEnd()); // heartbeats
            await().until(() -> Backpressure.stalled(sent));
            long until = System.nanoTime() + STALL.toNanos() * 3;
            int some = 64 * 1024;
            while (System.nanoTime() < until) { // slowly, so that no ping arrives in time
                ends.device().readFully(some);
                await().pollDelay(Duration.ofMillis(20)).until(() -> true);
            }
            assertThat(cluster.bridges()).isEqualTo(1);
            ends.device().reset();
            ends.requester().close();
            flooding.exceptionally(broken -> null).get(20, TimeUnit.SECONDS);
            draining.exceptionally(broken -> null).get(20, TimeUnit.SECONDS);
        }
    }
}
