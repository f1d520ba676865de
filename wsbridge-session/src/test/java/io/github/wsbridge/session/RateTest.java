package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void happens_moreOftenThanPermittedWithinASecond_isNotPermitted() {
        Rate rate = new Rate(2, -5);

        assertThat(rate.happens(-5)).isTrue();
        assertThat(rate.happens(10)).isTrue();
        assertThat(rate.happens(20)).isFalse();
        assertThat(rate.happens(SECOND)).isFalse();
        assertThat(rate.happens(SECOND + 10)).as("one within the second before").isFalse();
        assertThat(rate.happens(3 * SECOND)).isTrue();
        assertThat(rate.happens(3 * SECOND)).isTrue();
        assertThat(rate.happens(3 * SECOND)).isFalse();
    }

    @Test
    void happens_nonePermitted_never() {
        assertThat(new Rate(0, 0).happens(5 * SECOND)).isFalse();
    }
}
