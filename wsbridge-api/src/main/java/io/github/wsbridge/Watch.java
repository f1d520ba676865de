package io.github.wsbridge;

import java.time.Duration;

/**
 * The timing of the checks that detect a dead peer.
 *
 * @param interval the time between checks, which is also how long a peer has to answer a ping
 * @param stall how long a send may wait for a peer that reads no data
 */
public record Watch(Duration interval, Duration stall) {

    /** Both durations must be positive. */
    public Watch {
        if (interval.isNegative() || interval.isZero() || stall.isNegative() || stall.isZero()) {
            throw new IllegalArgumentException("interval and stall must be positive");
        }
    }
}
