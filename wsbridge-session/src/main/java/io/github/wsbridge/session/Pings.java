package io.github.wsbridge.session;

import java.util.function.LongConsumer;

/**
 * Measures the round trip with pings that carry the time, and tells whether the peer is alive. The smallest of the
 * latest measurements counts, since data under way only makes a round trip look longer. Confined to the session's loop.
 */
final class Pings {

    private static final int KEPT = 8;

    private final LongConsumer send;
    private final long[] measured = new long[KEPT];
    private int count;
    private boolean unanswered;
    private boolean heard;
    private int silences;

    Pings(LongConsumer send) {
        this.send = send;
    }

    /** Called when anything has arrived. */
    void heard() {
        heard = true;
    }

    void send(long now) {
        unanswered = true;
        send.accept(now);
    }

    void answered(long sent, long now) {
        unanswered = false;
        if (now - sent >= 0) {
            measured[count++ % KEPT] = Math.max(1, now - sent);
        }
    }

    /** Returns the round trip in nanoseconds; 0 if it is not known. */
    long roundTrip() {
        long least = 0;
        for (int i = 0; i < Math.min(count, KEPT); i++) {
            least = least == 0 ? measured[i] : Math.min(least, measured[i]);
        }
        return least;
    }

    /**
     * Called at each interval: sends another ping.
     *
     * @return false if nothing has arrived for two intervals, although a ping was to be answered
     */
    boolean check(long now) {
        silences = unanswered && !heard ? silences + 1 : 0;
        heard = false;
        if (silences >= 2) {
            return false;
        }
        if (!unanswered) {
            send(now);
        }
        return true;
    }
}
