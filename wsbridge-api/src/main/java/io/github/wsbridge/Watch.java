package io.github.wsbridge;

import java.time.Duration;

/**
 * How a connection is watched for a peer that is gone.
 *
 * @param interval the time between two checks, and thereby how long a peer has to answer a ping
 * @param stall how long a send may wait for a peer that takes no data
 */
public record Watch(Duration interval, Duration stall) {

    /** Both durations must be positive. */
    public Watch {
        if (interval.isNegative() || interval.isZero() || stall.isNegative() || stall.isZero()) {
            throw new IllegalArgumentException("interval and stall must be positive");
        }
    }
}
