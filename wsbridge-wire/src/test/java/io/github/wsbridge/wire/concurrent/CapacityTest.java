package io.github.wsbridge.wire.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.Racers;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests how many slots can be taken at a time. */
class CapacityTest {

    @Test
    void take_byManyThreads_neverExceedsTheCapacity() {
        Capacity capacity = new Capacity(2);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Racers racers = new Racers(2);
        Runnable visitor = () -> {
            for (int i = 0; i < 100; i++) {
                if (capacity.take()) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                    capacity.release();
                }
                most.accumulateAndGet(capacity.used(), Math::max);
            }
        };
        for (int i = 0; i < 1_000; i++) {
            racers.race(List.of(visitor, visitor, visitor));
        }
        racers.stop();
        assertThat(most.get()).isLessThanOrEqualTo(2);
        assertThat(capacity.used()).isZero();
    }
}
