package io.github.wsbridge.core.bridges;

import io.github.wsbridge.NodeAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Owners of tokens that have just not answered this node. For a few seconds, it refuses their devices at once instead
 * of letting each wait as long: another node may reach the owner.
 */
final class SilentOwners {

    private static final Duration SLOW = Duration.ofSeconds(1); // a quick failure costs nobody time
    private static final Duration MEMORY = Duration.ofSeconds(5);
    private static final int MOST = 1_000;

    private final Map<NodeAddress, Instant> until = new ConcurrentHashMap<>();
    private final InstantSource clock;

    SilentOwners(InstantSource clock) {
        this.clock = clock;
    }

    /** Tells that an attempt to reach an owner has failed, which began at a certain time. */
    void failed(NodeAddress owner, Instant begun) {
        Instant now = clock.instant();
        if (begun.plus(SLOW).isAfter(now)) {
            return;
        }
        forget(now);
        if (until.size() < MOST) {
            until.put(owner, now.plus(MEMORY));
        }
    }

    boolean none() {
        if (!until.isEmpty()) {
            forget(clock.instant());
        }
        return until.isEmpty();
    }

    private void forget(Instant now) {
        until.values().removeIf(end -> !end.isAfter(now));
    }

    boolean contains(NodeAddress owner) {
        Instant end = until.get(owner);
        return end != null && end.isAfter(clock.instant());
    }
}
