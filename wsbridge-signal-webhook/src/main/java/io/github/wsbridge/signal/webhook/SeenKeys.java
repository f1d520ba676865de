package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.BridgeId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** The idempotency keys of requests that could still be repeated, in bounded memory. Thread-safe. */
final class SeenKeys {

    /** What was known of a key. */
    enum Sight {
        FIRST,
        AGAIN,
        /** Not seen, and there is no room to remember it: to take it would be to let it be repeated. */
        NO_ROOM
    }

    private final int room;
    private final Map<BridgeId, Instant> until = new HashMap<>(); // guarded by this

    SeenKeys(int room) {
        this.room = room;
    }

    synchronized Sight see(BridgeId key, Instant end, Instant now) {
        Instant known = until.get(key);
        if (known != null) {
            until.put(key, known.isAfter(end) ? known : end);
            return Sight.AGAIN;
        }
        if (until.size() >= room) {
            until.values().removeIf(over -> over.isBefore(now));
        }
        if (until.size() >= room) {
            return Sight.NO_ROOM;
        }
        until.put(key, end);
        return Sight.FIRST;
    }

    synchronized int size() {
        return until.size();
    }
}
