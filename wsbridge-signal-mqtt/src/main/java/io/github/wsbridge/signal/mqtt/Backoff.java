package io.github.wsbridge.signal.mqtt;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Backoff between tries: random between nothing and a bound that doubles. Not thread-safe but for {@link #reset}. */
final class Backoff {

    private final long minNanos;
    private final long maxNanos;
    private final RandomGenerator random;
    private volatile int tries;

    Backoff(Duration min, Duration max, RandomGenerator random) {
        this.minNanos = min.toNanos();
        this.maxNanos = max.toNanos();
        this.random = random;
    }

    /** All of the interval is drawn from, so that thousands that lost the same broker do not come back together. */
    Duration next() {
        long bound = maxNanos;
        int doublings = tries;
        if (doublings < Long.numberOfLeadingZeros(minNanos) - 1) {
            bound = Math.min(maxNanos, minNanos << doublings);
            tries = doublings + 1;
        }
        return Duration.ofNanos(random.nextLong(bound + 1));
    }

    /** After what time will not mend by itself; between half of the longest and the longest, for the same reason. */
    Duration nearLongest() {
        return Duration.ofNanos(maxNanos - random.nextLong(maxNanos / 2 + 1));
    }

    Duration longest() {
        return Duration.ofNanos(maxNanos);
    }

    void reset() {
        tries = 0;
    }
}
