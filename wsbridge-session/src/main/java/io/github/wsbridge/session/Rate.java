package io.github.wsbridge.session;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Tells whether something happens no more than so many times in a second. Not thread-safe. */
final class Rate {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final long[] latest; // when, in a ring
    private int next;

    /** Creates a rate that nothing has happened at yet, at the time {@code now} in nanoseconds. */
    Rate(int permitted, long now) {
        latest = new long[permitted];
        Arrays.fill(latest, now - SECOND);
    }

    /** Records that it happens; returns whether that is one of the permitted times within a second. */
    boolean happens(long now) {
        if (latest.length == 0) {
            return false;
        }
        boolean permitted = now - latest[next] >= SECOND;
        latest[next] = now;
        next = (next + 1) % latest.length;
        return permitted;
    }
}
