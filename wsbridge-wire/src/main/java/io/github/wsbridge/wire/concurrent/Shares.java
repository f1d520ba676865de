package io.github.wsbridge.wire.concurrent;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of places, of which no key can take so many that nothing is left for the others. A key may hold at
 * most three quarters of those that no other key holds: the first of several greedy keys gets three quarters of all
 * places, the second three quarters of the rest, and so on. Thread-safe.
 */
public final class Shares {

    /** A key may hold this many times as many places as are free. */
    private static final long PER_FREE = 3;

    private final int max;
    private final Map<String, Integer> held = new HashMap<>();
    private int used;

    public Shares(int max) {
        this.max = max;
    }

    /** Takes a place for a key. Returns null if there is none, or none for this key. */
    @Nullable
    public synchronized Place take(String key) {
        int own = held.getOrDefault(key, 0);
        if (own >= PER_FREE * (max - used)) {
            return null;
        }
        used++;
        held.put(key, own + 1);
        return new Place(key);
    }

    public synchronized int free() {
        return max - used;
    }

    public synchronized boolean full() {
        return used >= max;
    }

    public synchronized boolean empty() {
        return used == 0;
    }

    /** A place that was taken. */
    public final class Place {
        private final String key;
        private boolean counts = true; // against the key
        private boolean released;

        private Place(String key) {
            this.key = key;
        }

        /** Keeps the place without counting it against its key any longer. */
        public void settle() {
            synchronized (Shares.this) {
                if (counts) {
                    counts = false;
                    held.computeIfPresent(key, (same, own) -> own == 1 ? null : own - 1);
                }
            }
        }

        /** Gives the place back. Only the first call has an effect. */
        public void release() {
            synchronized (Shares.this) {
                settle();
                if (!released) {
                    released = true;
                    used--;
                }
            }
        }
    }
}
