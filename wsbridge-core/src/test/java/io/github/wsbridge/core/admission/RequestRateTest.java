package io.github.wsbridge.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.FakeClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Tests how many requests each principal may make. */
class RequestRateTest {

    private final FakeClock clock = new FakeClock();

    @Test
    void burst_thenTheRate() {
        RequestRate rate = new RequestRate(10, clock);
        for (int i = 0; i < 10; i++) {
            assertThat(rate.take("me")).isTrue();
        }
        assertThat(rate.take("me")).isFalse();
        assertThat(rate.take("you")).as("each has its own bucket").isTrue();
        clock.advance(Duration.ofMillis(99));
        assertThat(rate.take("me")).isFalse();
        clock.advance(Duration.ofMillis(1));
        assertThat(rate.take("me")).isTrue();
        assertThat(rate.take("me")).isFalse();
        clock.advance(Duration.ofDays(1));
        for (int i = 0; i < 10; i++) {
            assertThat(rate.take("me")).isTrue();
        }
        assertThat(rate.take("me"))
                .as("idle time allows no more than one burst")
                .isFalse();
    }

    @Test
    void anyRate_isPossible() {
        assertThat(new RequestRate(Integer.MAX_VALUE, clock).take("me")).isTrue();
    }

    @Test
    void clockSetBack_removesNoTokens() {
        RequestRate rate = new RequestRate(10, clock);
        assertThat(rate.take("me")).isTrue();
        clock.advance(Duration.ofHours(-1));
        for (int i = 0; i < 9; i++) {
            assertThat(rate.take("me")).isTrue();
        }
        assertThat(rate.take("me")).isFalse();
        clock.advance(Duration.ofMillis(100));
        assertThat(rate.take("me")).isTrue();
    }

    @Test
    void manyPrincipals_areForgotten_exceptThoseOverTheirRate() {
        RequestRate rate = new RequestRate(1, clock);
        for (int i = 0; i < 5_000; i++) {
            assertThat(rate.take("principal " + i)).isTrue();
            if (i % 500 == 0) {
                clock.advance(Duration.ofMillis(300));
            }
        }
        assertThat(rate.size()).as("1,500 and 2,000 ask within a second").isLessThan(5_000);
        assertThat(rate.take("principal 4999")).isFalse();
        assertThat(rate.take("principal 0")).isTrue();
    }
}
