package io.github.wsbridge.core.limits;

import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A token bucket for each principal. Buckets that are full again are removed, so idle principals cost nothing. */
public final class RequestRate {

    private record Bucket(double tokens, long atMillis) {}

    private static final int MANY = 1_000;

    private final int perSecond;
    private final InstantSource clock;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

    public RequestRate(int perSecond, InstantSource clock) {
        this.perSecond = perSecond;
        this.clock = clock;
    }

    public boolean take(String principal) {
        long now = clock.millis();
        if (buckets.size() > MANY) {
            buckets.values().removeIf(bucket -> tokens(bucket, now) >= perSecond);
        }
        boolean[] taken = new boolean[1];
        buckets.compute(principal, (who, bucket) -> {
            double tokens = bucket == null ? perSecond : tokens(bucket, now);
            taken[0] = tokens >= 1;
            return new Bucket(taken[0] ? tokens - 1 : tokens, now);
        });
        return taken[0];
    }

    private double tokens(Bucket bucket, long now) {
        long elapsed = Math.max(0, now - bucket.atMillis()); // a clock that is set back removes no tokens
        return Math.min(perSecond, bucket.tokens() + elapsed / 1000.0 * perSecond);
    }
}
