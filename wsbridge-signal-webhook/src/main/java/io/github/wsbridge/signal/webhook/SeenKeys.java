package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.BridgeId;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;

/** Remembers the idempotency keys of requests that could still be repeated, in bounded memory. Thread-safe. */
final class SeenKeys {

    /** What is known about a key. */
    enum Sight {
        FIRST,
        AGAIN,
        /** Not seen, but there is no room to remember it; if it were accepted, a repetition would not be detected. */
        NO_ROOM
    }

    private final int room;
    private final LinkedHashMap<BridgeId, Instant> until = new LinkedHashMap<>(); // guarded by this; the newest last

    SeenKeys(int room) {
        this.room = room;
    }

    synchronized Sight see(BridgeId key, Instant end, Instant now) {
        forgetOver(now);
        Instant known = until.get(key);
        if (known != null) {
            if (end.isAfter(known)) {
                until.remove(key);
                until.put(key, end);
            }
            return Sight.AGAIN;
        }
        if (until.size() >= room) {
            return Sight.NO_ROOM;
        }
        until.put(key, end);
        return Sight.FIRST;
    }

    /**
     * Removes expired keys from the front only, so each is checked once. A key from a fast clock keeps those after it
     * for that much longer.
     */
    private void forgetOver(Instant now) {
        Iterator<Instant> ends = until.values().iterator();
        while (ends.hasNext() && ends.next().isBefore(now)) {
            ends.remove();
        }
    }

    synchronized void forget(BridgeId key) {
        until.remove(key);
    }

    synchronized int size() {
        return until.size();
    }
}
