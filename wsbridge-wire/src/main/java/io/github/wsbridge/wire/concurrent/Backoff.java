package io.github.wsbridge.wire.concurrent;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Random pauses between attempts, from zero up to a bound that doubles from the shortest pause to the longest. Not
 * thread-safe, except for {@link #reset}.
 */
public final class Backoff {

    private final long minNanos;
    private final long maxNanos;
    private final RandomGenerator random;
    private volatile int tries;

    /** @throws IllegalArgumentException as {@link #check} */
    public Backoff(Duration shortest, Duration longest, RandomGenerator random) {
        check(shortest, longest);
        this.minNanos = shortest.toNanos();
        this.maxNanos = longest.toNanos();
        this.random = random;
    }

    /** @throws IllegalArgumentException if the shortest pause is not positive, or longer than the longest */
    public static void check(Duration shortest, Duration longest) {
        if (shortest.compareTo(Duration.ZERO) <= 0 || longest.compareTo(shortest) < 0) {
            throw new IllegalArgumentException(
                    "the shortest pause must be positive and not longer than the longest pause");
        }
    }

    /**
     * Returns the next pause. It is drawn from the whole interval, so that clients that lost the same server do not all
     * come back at once.
     */
    public Duration next() {
        return next(longest());
    }

    /** Returns the next pause, which is at most {@code longest}: for a failure that is likely to go away soon. */
    public Duration next(Duration longest) {
        long most = Math.min(maxNanos, longest.toNanos());
        long bound = most;
        int doublings = tries;
        if (doublings < Long.numberOfLeadingZeros(minNanos) - 1 && minNanos << doublings < most) {
            bound = minNanos << doublings;
            tries = doublings + 1;
        }
        return Duration.ofNanos(random.nextLong(bound + 1));
    }

    /** Returns a pause between half of the longest and the longest, for a failure that is unlikely to go away soon. */
    public Duration nearLongest() {
        return nearLongest(Duration.ZERO);
    }

    /** Returns a pause of the same kind, as if the longest were at least {@code least}. */
    public Duration nearLongest(Duration least) {
        long most = Math.max(maxNanos, least.toNanos());
        return Duration.ofNanos(most - random.nextLong(most / 2 + 1));
    }

    public Duration longest() {
        return Duration.ofNanos(maxNanos);
    }

    /** Starts again with the shortest pause. */
    public void reset() {
        tries = 0;
    }
}
