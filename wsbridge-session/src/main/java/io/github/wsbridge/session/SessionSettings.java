package io.github.wsbridge.session;

import java.time.Duration;

/**
 * The limits of a session.
 *
 * @param maxStreams how many streams its peer may have open
 * @param openTimeout how long a stream may be unanswered
 * @param idleTimeout after which time without streams a requester ends it
 * @param pingInterval how often it measures the round trip, and whether the peer answers
 * @param windowBudget what the windows of its streams may grow by in total, in bytes
 */
record SessionSettings(
        int maxStreams, Duration openTimeout, Duration idleTimeout, Duration pingInterval, int windowBudget) {

    static final SessionSettings DEFAULT =
            new SessionSettings(256, Duration.ofSeconds(45), Duration.ofMinutes(2), Duration.ofSeconds(15), 32 << 20);

    SessionSettings withMaxStreams(int max) {
        return new SessionSettings(max, openTimeout, idleTimeout, pingInterval, windowBudget);
    }

    SessionSettings withOpenTimeout(Duration timeout) {
        return new SessionSettings(maxStreams, timeout, idleTimeout, pingInterval, windowBudget);
    }

    SessionSettings withIdleTimeout(Duration timeout) {
        return new SessionSettings(maxStreams, openTimeout, timeout, pingInterval, windowBudget);
    }

    SessionSettings withPingInterval(Duration interval) {
        return new SessionSettings(maxStreams, openTimeout, idleTimeout, interval, windowBudget);
    }
}
