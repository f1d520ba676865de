package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LoopTest {

    private static final long MILLI = 1_000_000;
    private static final Offset<Double> ROUNDING = Offset.offset(0.01);

    private final Loop.Busy busy = new Loop.Busy();

    @Test
    void bytes_olderOnes_countLess() {
        busy.carried(1_000, 500 * MILLI);
        assertThat(busy.bytes(500 * MILLI)).isCloseTo(1_000, ROUNDING);
        assertThat(busy.bytes(525 * MILLI)).isCloseTo(750, ROUNDING);
        assertThat(busy.bytes(700 * MILLI)).isZero();
    }

    @Test
    void bytes_areThoseOfATenthOfASecond() {
        for (int i = 0; i < 10_000; i++) {
            busy.carried(1_000, i * MILLI);
        }
        assertThat(busy.bytes(10_000 * MILLI)).isBetween(90_000.0, 100_000.0);
    }

    @Test
    void clockOfAnotherThreadIsSlow_countsAtMostEverything() {
        busy.carried(1_000, MILLI);
        assertThat(busy.bytes(MILLI - 10)).isCloseTo(1_000, ROUNDING);
    }

    /** Opens a bridge that has carried data, and so no longer changes its event loop. */
    private static NettyCluster.Ends joined(NettyCluster cluster) throws Exception {
        NettyCluster.Ends ends = cluster.join();
        ends.requester().write(RawWebSocket.BINARY, true, "x");
        JoinedFixture.next(ends.device());
        return ends;
    }

    /** One of two threads is busy with a bridge: hardly any later bridge uses that thread. */
    @Test
    void busyLoop_getsNoOtherBridge() throws Exception {
        try (NettyCluster cluster = new NettyCluster(1);
                NettyCluster.Ends heavy = cluster.join()) {
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> sending =
                    JoinedFixture.inBackground(() -> Backpressure.flood(heavy.requester(), sent));
            CompletableFuture<Void> reading = JoinedFixture.inBackground(() -> {
                while (JoinedFixture.next(heavy.device()).opcode() != 8) {
                    // goes on to its end
                }
                heavy.device().close();
            });
            await().until(() -> sent.get() > 10_000_000);
            List<NettyCluster.Ends> others = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                others.add(joined(cluster));
            }
            int elsewhere = 0;
            for (NettyCluster.Ends other : others) {
                EventLoop loop = other.deviceLeg().channel().eventLoop();
                assertThat(loop).isSameAs(other.requesterLeg().channel().eventLoop());
                elsewhere += loop == heavy.deviceLeg().channel().eventLoop() ? 0 : 1;
                other.close();
            }
            // A loop that gets no CPU for a tenth of a second seems idle. An even share would be 5.
            assertThat(elsewhere).isGreaterThanOrEqualTo(6);
            heavy.requester().reset();
            CompletableFuture.allOf(sending, reading)
                    .exceptionally(broken -> null)
                    .get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void idleBridges_areSharedEvenly() throws Exception {
        try (NettyCluster cluster = new NettyCluster(1)) {
            List<NettyCluster.Ends> bridges = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                bridges.add(joined(cluster));
            }
            long ofFirst = IntStream.range(0, bridges.size())
                    .filter(i -> bridges.get(i).deviceLeg().channel().eventLoop()
                            == bridges.get(0).deviceLeg().channel().eventLoop())
                    .count();
            assertThat(ofFirst).isBetween(4L, 8L);
            for (NettyCluster.Ends ends : bridges) {
                ends.close();
            }
        }
    }
}
