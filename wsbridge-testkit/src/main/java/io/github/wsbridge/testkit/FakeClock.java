package io.github.wsbridge.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands still until it is told. Thread-safe. */
public final class FakeClock implements InstantSource {

    private Instant now; // guarded by this

    /** A clock at the start of the year 2026. */
    public FakeClock() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    /** A clock that shows {@code start}. */
    public FakeClock(Instant start) {
        this.now = start;
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }

    /** Goes forward. Tasks of a {@link FakeScheduler} do not run by this: advance the scheduler instead. */
    public synchronized void advance(Duration time) {
        now = now.plus(time);
    }

    synchronized void advanceTo(Instant time) {
        if (time.isAfter(now)) {
            now = time;
        }
    }
}
