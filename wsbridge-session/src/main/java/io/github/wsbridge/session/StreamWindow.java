package io.github.wsbridge.session;

import java.util.concurrent.TimeUnit;

/**
 * The receive window of one stream, which grows while it limits the stream: if the reader has taken half of it in less
 * than twice the round trip that this share allows, the sender must have waited for the window, and it is doubled. A
 * reader that is slow, or a sender that has little to send, keeps the window as it is. Confined to the session's loop.
 */
final class StreamWindow {

    /** The window of a new stream: HTTP/2's own default. */
    static final int INITIAL = 65_535;

    /** Enough for 1 Gbit/s at a round trip of 130 ms. */
    static final int MOST = 16 << 20;

    private static final int PATIENCE = 4; // in round trips for a whole window

    /** A shorter round trip counts as this, since threads and queues take longer at times. */
    private static final long SHORTEST = TimeUnit.MILLISECONDS.toNanos(1);

    private final WindowBudget budget;
    private int size = INITIAL;
    private int taken; // by the reader, since the beginning of the measurement
    private long since;

    StreamWindow(WindowBudget budget, long now) {
        this.budget = budget;
        this.since = now;
    }

    /**
     * Counts what the reader has taken.
     *
     * @param now in nanoseconds
     * @param roundTrip in nanoseconds; 0 if it is not known
     * @return by how much the window is to grow; mostly 0
     */
    int taken(int bytes, long now, long roundTrip) {
        taken += bytes;
        if (taken < size / 2) {
            return 0;
        }
        double share = (double) taken / size;
        boolean limited = roundTrip > 0 && now - since < PATIENCE * share * Math.max(roundTrip, SHORTEST);
        taken = 0;
        since = now;
        int more = limited ? budget.take(Math.min(size, MOST - size)) : 0;
        size += more;
        return more;
    }

    /** Returns to the budget what was taken of it, when the stream has ended. */
    void close() {
        budget.giveBack(size - INITIAL);
        size = INITIAL;
    }
}
