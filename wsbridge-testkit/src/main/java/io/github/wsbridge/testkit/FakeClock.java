package io.github.wsbridge.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that advances only on request. Thread-safe. */
public final class FakeClock implements InstantSource {

    private Instant now; // guarded by this

    /** Creates a clock that shows the start of the year 2026. */
    public FakeClock() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    /** Creates a clock that shows {@code start}. */
    public FakeClock(Instant start) {
        this.now = start;
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }

    /** Advances the clock. This does not run tasks of a {@link FakeScheduler}; to run them, advance the scheduler. */
    public synchronized void advance(Duration time) {
        now = now.plus(time);
    }

    synchronized void advanceTo(Instant time) {
        if (time.isAfter(now)) {
            now = time;
        }
    }
}
