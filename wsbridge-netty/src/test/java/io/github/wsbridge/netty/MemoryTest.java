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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What bridges hold of Netty's memory, as its allocator counts it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MemoryTest {

    private static final long LOOPS = 2; // a house's server has as many

    /** What the allocator takes at once: room for eight of the largest reads. */
    private static final long CHUNK = 8 * 128 * 1024;

    private House house;
    private final List<House.Ends> bridges = new ArrayList<>();

    @BeforeEach
    void up() throws Exception {
        house = new House(1);
    }

    @AfterEach
    void down() throws Exception {
        for (House.Ends ends : bridges) {
            ends.close();
        }
        house.close();
    }

    private static long used() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    private void join(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            House.Ends ends = house.join();
            bridges.add(ends);
            JoinedTests.warm(ends);
            ends.requester().write(RawWebSocket.BINARY, true, new byte[60_000]);
            assertThat(JoinedTests.message(ends.device(), 2)).hasSize(60_000);
            ends.device().write(RawWebSocket.BINARY, true, new byte[60_000]);
            assertThat(JoinedTests.message(ends.requester(), 2)).hasSize(60_000);
        }
    }

    @Test
    void idleBridges_holdNoBuffers() throws Exception {
        join(20);
        long more = Long.MAX_VALUE;
        for (int i = 0; i < 3 && more >= 150 * 2 * 1024; i++) { // the allocator's own next chunk comes once
            long before = used();
            join(150);
            for (House.Ends ends : bridges) {
                await().pollDelay(Duration.ZERO)
                        .until(() ->
                                ends.requesterLeg().holds() + ends.deviceLeg().holds() == 0);
            }
            more = used() - before;
        }
        assertThat(more).as("for 150 bridges more").isLessThan(150 * 2 * 1024);
    }

    @Test
    void stalledBridges_holdWhatIsAgreedOn() throws Exception {
        join(20);
        long before = used();
        AtomicLong sent = new AtomicLong();
        for (House.Ends ends : bridges) {
            JoinedTests.inBackground(() -> Backpressure.flood(ends.requester(), sent));
            JoinedTests.inBackground(() -> Backpressure.flood(ends.device(), sent));
        }
        await().atMost(Duration.ofSeconds(40)).until(() -> Backpressure.stalled(sent));
        for (House.Ends ends : bridges) {
            assertThat(ends.requesterLeg().holds()).isLessThan(180 * 1024);
            assertThat(ends.deviceLeg().holds()).isLessThan(180 * 1024);
        }
        assertThat(used() - before)
                .as("for 20 bridges that are stalled both ways")
                .isLessThan(20 * 2 * 180 * 1024 + LOOPS * CHUNK);
    }

    private RawWebSocket deviceWithASmallWindow() throws Exception {
        URI url = house.signaller.take(House.PATIENCE).acceptUrl();
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress("localhost", house.port(0)));
        RawWebSocket device = RawWebSocket.client(socket);
        device.writeRaw(RawWebSocket.request(url.getRawPath() + "?" + url.getRawQuery(), ""));
        device.readHead();
        return device;
    }

    @Test
    void targetIsFullWhenTheTransferBegins_sourceIsHeld() throws Exception {
        try (RawWebSocket requester = house.request()) {
            NettyLeg requesterLeg = house.leg();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = JoinedTests.inBackground(() -> {
                byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, true, new byte[1 << 20]);
                while (true) {
                    requester.writeRaw(frame);
                    sent.addAndGet(frame.length);
                }
            });
            await().until(() -> Backpressure.stalled(sent)); // so that reads are as large as they can be
            try (RawWebSocket device = deviceWithASmallWindow()) {
                NettyLeg deviceLeg = house.leg();
                await().until(() -> requesterLeg.holds() >= ReadBuffers.MOST / 4); // waits until the device is heard
                assertThat(requesterLeg.passesOn()).isFalse();
                deviceLeg.channel().config().setOption(ChannelOption.SO_SNDBUF, 4096);
                deviceLeg.channel().config().setWriteBufferWaterMark(new WriteBufferWaterMark(4096, 8192));
                device.write(RawWebSocket.TEXT, true, "here");
                await().until(requesterLeg::passesOn);
                await().until(() -> Backpressure.stalled(sent));
                assertThat(deviceLeg.holds()).isLessThan(180 * 1024);
                assertThat(requesterLeg.holds()).isZero();
                long before = sent.get();
                for (long got = 0; got < before + 1_000_000; ) { // and goes on
                    got += JoinedTests.next(device).payload().length;
                }
                device.reset();
            }
            requester.reset();
            flooding.exceptionally(broken -> null).get(20, TimeUnit.SECONDS);
        }
    }
}
