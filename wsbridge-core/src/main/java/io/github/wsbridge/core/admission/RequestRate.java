package io.github.wsbridge.core.admission;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A token bucket for each principal. Buckets that are full again are removed, so idle principals cost nothing, and the
 * number of buckets is at most twice the highest number of principals that have asked within a second, and a thousand
 * more. Thread-safe.
 */
public final class RequestRate {

    private static final int MANY = 1_000;
    /** One in a nanosecond, the highest rate of a bucket. */
    private static final int FASTEST = 1_000_000_000;

    private final int perSecond;
    private final TimeMeter time;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();
    private volatile int many = MANY; // when to look for full ones again: each look costs as much as there are

    public RequestRate(int perSecond, InstantSource clock) {
        this.perSecond = Math.min(perSecond, FASTEST);
        this.time = new ElapsedTime(clock);
    }

    public boolean take(String principal) {
        if (buckets.size() > many) {
            sweep();
        }
        boolean[] taken = new boolean[1];
        buckets.compute(principal, (who, known) -> {
            Bucket bucket = known == null ? newBucket() : known;
            taken[0] = bucket.tryConsume(1);
            return bucket;
        });
        return taken[0];
    }

    private Bucket newBucket() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(perSecond).refillGreedy(perSecond, Duration.ofSeconds(1)))
                .withCustomTimePrecision(time)
                .build();
    }

    /** Removes each full bucket in one step with the look at it, so that no request is lost. */
    private synchronized void sweep() {
        if (buckets.size() > many) {
            buckets.keySet()
                    .forEach(who -> buckets.computeIfPresent(
                            who, (same, bucket) -> bucket.getAvailableTokens() < perSecond ? bucket : null));
            many = 2 * buckets.size() + MANY;
        }
    }

    /** Returns how many buckets there are. */
    int size() {
        return buckets.size();
    }

    /** What has passed on a clock. One that is set back adds nothing; the buckets would then wait until it is over. */
    private static final class ElapsedTime implements TimeMeter {
        private final InstantSource clock;
        private long last; // guarded by this
        private long elapsedMillis; // guarded by this

        ElapsedTime(InstantSource clock) {
            this.clock = clock;
            this.last = clock.millis();
        }

        @Override
        public synchronized long currentTimeNanos() {
            long now = clock.millis();
            elapsedMillis += Math.max(0, now - last);
            last = now;
            return TimeUnit.MILLISECONDS.toNanos(elapsedMillis);
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
