package io.github.wsbridge.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.LogCapture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedCredentialsTest {

    private static final String ADDRESS = "192.0.2.1:5000";

    private final FakeClock clock = new FakeClock();
    private final List<String> locked = new ArrayList<>();
    private final FailedCredentials failures = new FailedCredentials(20, clock, new BridgeListener() {
        @Override
        public void onLockedOut(String remoteAddress, int count) {
            locked.add(remoteAddress + " " + count);
        }
    });

    private FailedCredentials.Penalty fail(String address, int times) {
        FailedCredentials.Penalty last = failures.failed(address);
        for (int i = 1; i < times; i++) {
            last = failures.failed(address);
        }
        return last;
    }

    @Test
    void failed_few_areAnsweredAtOnce() {
        assertThat(fail(ADDRESS, 5)).isEqualTo(new FailedCredentials.Penalty(Duration.ZERO, Duration.ZERO));
    }

    @Test
    void failed_more_areDelayedMoreAndMore() {
        fail(ADDRESS, 5);
        assertThat(fail(ADDRESS, 1).delay()).isEqualTo(Duration.ofMillis(100));
        assertThat(fail(ADDRESS, 1).delay()).isEqualTo(Duration.ofMillis(200));
        assertThat(fail(ADDRESS, 10)).isEqualTo(new FailedCredentials.Penalty(Duration.ofMillis(3_200), Duration.ZERO));
        assertThat(locked).isEmpty();
    }

    @Test
    void failed_many_areLockedOutUntilSomeAreForgotten() {
        assertThat(fail(ADDRESS, 21).retryAfter()).isEqualTo(Duration.ofSeconds(61));
        assertThat(fail(ADDRESS, 2_000).retryAfter()).isEqualTo(Duration.ofSeconds(631)); // never more
        clock.advance(Duration.ofSeconds(631));
        assertThat(fail(ADDRESS, 1).retryAfter()).isZero();
        clock.advance(Duration.ofMinutes(10));
        assertThat(fail(ADDRESS, 1).delay()).isZero();
    }

    @Test
    void failed_otherAddresses_areNotAffected() {
        fail(ADDRESS, 2_000);
        assertThat(fail("192.0.2.2:5000", 1).delay()).isZero();
        fail("2001:db8:0:1:0:0:0:5:1", 2_000);
        assertThat(fail("2001:db8:0:1:9:9:9:9:1", 1).retryAfter()).isPositive(); // the same customer
        assertThat(fail("2001:db8:0:2:0:0:0:5:1", 1).delay()).isZero();
    }

    @Test
    void failed_many_areToldOnceAMinute() {
        try (LogCapture log = new LogCapture()) {
            fail(ADDRESS, 2_000);
            assertThat(log.loud()).singleElement().asString().contains("20 failed credentials from 192.0.2.1:5000");
            clock.advance(Duration.ofSeconds(61));
            fail(ADDRESS, 20);
            assertThat(log.loud()).hasSize(2);
        }
        assertThat(locked).hasSize(2).first().isEqualTo("192.0.2.1:5000 20");
        clock.advance(Duration.ofSeconds(125));
        fail(ADDRESS, 1_000);
        assertThat(locked).hasSize(3);
    }

    @Test
    void failed_manyAddresses_areNotAllTold() {
        for (int i = 0; i < 1_000; i++) {
            fail("10.0." + i / 256 + "." + i % 256 + ":1", 30);
        }
        assertThat(locked).hasSize(100);
    }
}
