package io.github.wsbridge.wire.concurrent;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts events by key, such as a client's address, and forgets them at a steady rate. The number of buckets is fixed:
 * keys are distributed over them by a secret, so memory is bounded, no key can push out another, and nobody can choose
 * a key that shares a bucket with another. Now and then two do, so a count may be too high, but never too low.
 * Thread-safe.
 */
public final class LeakyBuckets {

    private static final int BUCKETS = 1 << 14;

    private record Bucket(double level, long atMillis) {}

    private final double perMilli;
    private final InstantSource clock;
    private final long secret = new SecureRandom().nextLong();
    private final AtomicReferenceArray<@Nullable Bucket> buckets = new AtomicReferenceArray<>(BUCKETS);

    /**
     * Creates empty buckets.
     *
     * @param events how many events are forgotten in this time
     */
    public LeakyBuckets(double events, Duration time, InstantSource clock) {
        this.perMilli = events / time.toMillis();
        this.clock = clock;
    }

    /** Counts an event, up to a maximum. Returns how many are remembered now, with this one. */
    public double add(String key, double most) {
        int index = index(key);
        long now = clock.millis();
        while (true) {
            Bucket before = buckets.get(index);
            double level = Math.min(most, level(before, now) + 1);
            if (buckets.compareAndSet(index, before, new Bucket(level, now))) {
                return level;
            }
        }
    }

    /** Counts an event unless that would exceed a maximum. Returns whether it was counted. */
    public boolean addUpTo(String key, double most) {
        int index = index(key);
        long now = clock.millis();
        while (true) {
            Bucket before = buckets.get(index);
            double level = level(before, now) + 1;
            if (level > most) {
                if (before != null && before.atMillis() > now) { // set back: do not refuse until that is made up for
                    buckets.compareAndSet(index, before, new Bucket(before.level(), now));
                }
                return false;
            }
            if (buckets.compareAndSet(index, before, new Bucket(level, now))) {
                return true;
            }
        }
    }

    /** Returns how long it takes until so many events are forgotten. */
    public Duration time(double events) {
        return Duration.ofMillis((long) Math.ceil(Math.max(0, events) / perMilli));
    }

    private double level(@Nullable Bucket bucket, long now) {
        if (bucket == null) {
            return 0;
        }
        long elapsed = Math.max(0, now - bucket.atMillis()); // a clock that is set back forgets nothing
        return Math.max(0, bucket.level() - elapsed * perMilli);
    }

    private int index(String key) {
        long hash = secret;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        return (int) ((hash ^ hash >>> 32) & BUCKETS - 1);
    }
}
