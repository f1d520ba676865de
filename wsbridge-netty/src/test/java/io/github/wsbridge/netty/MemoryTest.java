package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Measures how much of Netty's memory bridges hold, according to its allocator. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MemoryTest {

    private static final long LOOPS = 2; // as many as the fixture's server has

    /** The size of an allocator chunk, which holds eight of the largest reads. */
    private static final long CHUNK = 8 * 128 * 1024;

    private NettyCluster cluster;
    private final List<NettyCluster.Ends> bridges = new ArrayList<>();

    @BeforeEach
    void up() throws Exception {
        cluster = new NettyCluster(1);
    }

    @AfterEach
    void down() throws Exception {
        for (NettyCluster.Ends ends : bridges) {
            ends.close();
        }
        cluster.close();
    }

    private static long used() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    private void join(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            NettyCluster.Ends ends = cluster.join();
            bridges.add(ends);
            JoinedFixture.warm(ends);
            ends.requester().write(RawWebSocket.BINARY, true, new byte[60_000]);
            assertThat(JoinedFixture.message(ends.device(), 2)).hasSize(60_000);
            ends.device().write(RawWebSocket.BINARY, true, new byte[60_000]);
            assertThat(JoinedFixture.message(ends.requester(), 2)).hasSize(60_000);
        }
    }

    @Test
    void idleBridges_holdNoBuffers() throws Exception {
        join(20);
        long more = Long.MAX_VALUE;
        for (int i = 0; i < 3 && more >= 150 * 2 * 1024; i++) { // the allocator may add a chunk once
            long before = used();
            join(150);
            for (NettyCluster.Ends ends : bridges) {
                await().pollDelay(Duration.ZERO)
                        .until(() ->
                                ends.requesterLeg().holds() + ends.deviceLeg().holds() == 0);
            }
            more = used() - before;
        }
        assertThat(more).as("for 150 more bridges").isLessThan(150 * 2 * 1024);
    }

    @Test
    void unfinishedFrames_holdLittleMoreThanTheirBytes() throws Exception {
        join(150); // with reads of the largest size
        long before = used();
        byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, JoinedFixture.bytes(1_000));
        for (NettyCluster.Ends ends : bridges) {
            ends.requester().writeRaw(Arrays.copyOf(frame, 100));
        }
        for (NettyCluster.Ends ends : bridges) {
            ends.device().write(RawWebSocket.BINARY, true, new byte[1]);
            assertThat(JoinedFixture.message(ends.requester(), 2)).hasSize(1);
        }
        assertThat(used() - before).as("for 150 unfinished frames").isLessThan(150 * 4 * 1024);
    }

    @Test
    void stalledBridges_holdLimitedMemory() throws Exception {
        join(20);
        long before = used();
        AtomicLong sent = new AtomicLong();
        for (NettyCluster.Ends ends : bridges) {
            JoinedFixture.inBackground(() -> Backpressure.flood(ends.requester(), sent));
            JoinedFixture.inBackground(() -> Backpressure.flood(ends.device(), sent));
        }
        await().atMost(Duration.ofSeconds(40)).until(() -> Backpressure.stalled(sent));
        for (NettyCluster.Ends ends : bridges) {
            assertThat(ends.requesterLeg().holds()).isLessThan(180 * 1024);
            assertThat(ends.deviceLeg().holds()).isLessThan(180 * 1024);
        }
        assertThat(used() - before)
                .as("for 20 bridges stalled in both directions")
                .isLessThan(20 * 2 * 180 * 1024 + LOOPS * CHUNK);
    }

    private RawWebSocket deviceWithASmallWindow() throws Exception {
        URI url = cluster.signaller.take(NettyCluster.PATIENCE).acceptUrl();
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress("localhost", cluster.port(0)));
        RawWebSocket device = RawWebSocket.client(socket);
        device.writeRaw(RawWebSocket.request(url.getRawPath() + "?" + url.getRawQuery(), ""));
        device.readHead();
        return device;
    }

    @Test
    void targetIsFullWhenTheTransferBegins_sourceIsHeld() throws Exception {
        try (RawWebSocket requester = cluster.request()) {
            NettyLeg requesterLeg = cluster.leg();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = JoinedFixture.inBackground(() -> {
                byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, new byte[1 << 20]);
                while (true) {
                    requester.writeRaw(frame);
                    sent.addAndGet(frame.length);
                }
            });
            await().until(() -> Backpressure.stalled(sent)); // so that reads have their maximum size
            try (RawWebSocket device = deviceWithASmallWindow()) {
                NettyLeg deviceLeg = cluster.leg();
                await().until(() -> requesterLeg.holds() >= ReadBuffers.MOST / 4); // until the device sends something
                assertThat(requesterLeg.passesOn()).isFalse();
                deviceLeg.channel().config().setOption(ChannelOption.SO_SNDBUF, 4096);
                deviceLeg.channel().config().setWriteBufferWaterMark(new WriteBufferWaterMark(8 * 1024, 24 * 1024));
                device.write(RawWebSocket.TEXT, true, "here");
                await().until(requesterLeg::passesOn);
                await().until(() -> Backpressure.stalled(sent));
                assertThat(deviceLeg.holds()).isLessThan(180 * 1024);
                assertThat(requesterLeg.holds()).isZero();
                long before = sent.get();
                for (long got = 0; got < before + 1_000_000; ) { // then the flow continues
                    got += JoinedFixture.next(device).payload().length;
                }
                device.reset();
            }
            requester.reset();
            flooding.exceptionally(broken -> null).get(20, TimeUnit.SECONDS);
        }
    }
}
