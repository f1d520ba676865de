package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.core.servers.ServerTests;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What bridges hold of Netty's memory, as its allocator counts it. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MemoryTest {

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
            ends.requester().send(0x82, new byte[60_000]);
            assertThat(JoinedTests.message(ends.device(), 2)).hasSize(60_000);
            ends.device().send(0x82, new byte[60_000]);
            assertThat(JoinedTests.message(ends.requester(), 2)).hasSize(60_000);
        }
    }

    @Test
    void idleBridges_holdNoBuffers() throws Exception {
        join(20);
        long before = used();
        join(150);
        assertThat(used() - before).as("for 150 bridges more").isLessThan(150 * 2 * 1024);
        for (House.Ends ends : bridges) {
            await().pollDelay(Duration.ZERO)
                    .until(() -> ends.requesterLeg().holds() + ends.deviceLeg().holds() == 0);
        }
    }

    @Test
    void stalledBridges_holdWhatIsAgreedOn() throws Exception {
        join(20);
        long before = used();
        AtomicLong sent = new AtomicLong();
        for (House.Ends ends : bridges) {
            JoinedTests.inBackground(() -> ServerTests.flood(ends.requester(), sent));
            JoinedTests.inBackground(() -> ServerTests.flood(ends.device(), sent));
        }
        await().atMost(Duration.ofSeconds(40)).until(() -> ServerTests.stalled(sent));
        for (House.Ends ends : bridges) {
            assertThat(ends.requesterLeg().holds()).isLessThan(150 * 1024);
            assertThat(ends.deviceLeg().holds()).isLessThan(150 * 1024);
        }
        assertThat(used() - before)
                .as("for 20 bridges that are stalled both ways")
                .isLessThan(20 * 300 * 1024);
    }
}
