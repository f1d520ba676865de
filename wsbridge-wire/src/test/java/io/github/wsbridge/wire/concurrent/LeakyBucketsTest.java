package io.github.wsbridge.wire.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.FakeClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeakyBucketsTest {

    private final FakeClock clock = new FakeClock();
    private final LeakyBuckets buckets = new LeakyBuckets(10, Duration.ofSeconds(1), clock);

    @Test
    void add_countsAndForgets() {
        assertThat(buckets.add("a", 100)).isEqualTo(1);
        assertThat(buckets.add("a", 100)).isEqualTo(2);
        clock.advance(Duration.ofMillis(150));
        assertThat(buckets.add("a", 100)).isEqualTo(1.5);
        clock.advance(Duration.ofHours(1));
        assertThat(buckets.add("a", 100)).isEqualTo(1);
    }

    @Test
    void add_stopsAtTheMost() {
        for (int i = 0; i < 100; i++) {
            buckets.add("a", 7);
        }
        assertThat(buckets.add("a", 7)).isEqualTo(7);
        assertThat(buckets.time(7)).isEqualTo(Duration.ofMillis(700));
    }

    @Test
    void addUpTo_full_countsNothing() {
        assertThat(buckets.addUpTo("a", 2)).isTrue();
        assertThat(buckets.addUpTo("a", 2)).isTrue();
        assertThat(buckets.addUpTo("a", 2)).isFalse();
        clock.advance(Duration.ofMillis(100));
        assertThat(buckets.addUpTo("a", 2)).isTrue();
        assertThat(buckets.addUpTo("a", 2)).isFalse();
    }

    @Test
    void add_clockSetBack_forgetsNothing() {
        buckets.add("a", 9);
        clock.advance(Duration.ofHours(-1));
        assertThat(buckets.add("a", 9)).isEqualTo(2);
    }

    @Test
    void add_manyKeys_pushOutNobody() {
        for (int i = 0; i < 50; i++) {
            buckets.add("victim", 100);
        }
        for (int i = 0; i < 100_000; i++) {
            buckets.add("10.0." + i / 256 + "." + i % 256, 100);
        }
        assertThat(buckets.add("victim", 100)).isGreaterThanOrEqualTo(51);
    }

    @Test
    void add_fewKeys_rarelyShareABucket() {
        int shared = 0;
        for (int i = 0; i < 1_000; i++) {
            shared += buckets.add("key " + i, 100) > 1 ? 1 : 0;
        }
        assertThat(shared).isLessThan(100);
    }
}
