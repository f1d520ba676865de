package io.github.wsbridge.core.peers;

import io.github.wsbridge.NodeAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This node's clock, and those of its peers in comparison. Bridges do not depend on it, but people reading logs do. */
public final class PeerClocks {

    private static final Logger log = LoggerFactory.getLogger(PeerClocks.class);

    /** A smaller difference may be the time that a message takes. */
    private static final Duration NOTICEABLE = Duration.ofSeconds(1);

    private static final Duration WRONG = Duration.ofSeconds(10);

    private final InstantSource clock;
    private final AtomicBoolean told = new AtomicBoolean();

    public PeerClocks(InstantSource clock) {
        this.clock = clock;
    }

    Instant now() {
        return clock.instant();
    }

    /**
     * Compares a peer's clock with this node's. Warns once, about the first that is wrong.
     *
     * @param its the peer's time a moment ago
     * @return how far this node's clock is ahead; zero if the difference is not noticeable
     */
    Duration ahead(NodeAddress peer, Instant its) {
        Duration ahead = Duration.between(its, now());
        if (ahead.abs().compareTo(WRONG) > 0 && !told.getAndSet(true)) {
            log.warn(
                    "the clocks of this node and of {} differ by {} s; bridges work, but set the clocks right",
                    peer,
                    ahead.abs().toSeconds());
        }
        return ahead.abs().compareTo(NOTICEABLE) > 0 ? ahead : Duration.ZERO;
    }
}
