package io.github.wsbridge.core.admission;

import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.wire.concurrent.LeakyBuckets;
import io.github.wsbridge.wire.net.ClientAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slows down whoever tries credentials. Of one address, the first failures are answered at once, the next ones with a
 * growing delay, and from a certain number on they are told to come back later, which the log says, too. Failures are
 * forgotten one by one: in ten minutes, as many as lead to 429.
 *
 * <p>Only answers to failures are affected. Whoever has valid credentials gets in at any time, even from an address
 * that many share and that one of them misuses: credentials are too long to be guessed, so there is nothing to gain
 * from a lock for all. How often an address may ask at all is limited elsewhere.
 */
final class FailedCredentials {

    private static final Logger log = LoggerFactory.getLogger(FailedCredentials.class);

    private static final Duration MEMORY = Duration.ofMinutes(10);
    private static final long INTERVAL_MILLIS = 60_000; // between two lines in the log
    private static final long FIRST_DELAY_MILLIS = 100;
    private static final int MOST_DOUBLINGS = 5;
    private static final int MOST_LOGGED = 100;

    private final int most;
    private final LeakyBuckets failures;
    private final InstantSource clock;
    private final BridgeListener events;
    private final Map<String, Told> told = new LinkedHashMap<>(); // guarded by itself; by site

    /** What the log was told about an address last, and how many failures have followed. */
    private static final class Told {
        private final long atMillis;
        private int since;

        Told(long atMillis) {
            this.atMillis = atMillis;
        }
    }

    /**
     * What a failure costs.
     *
     * @param delay how long the answer waits
     * @param retryAfter when to come back, if that is the answer; zero if it is not
     */
    record Penalty(Duration delay, Duration retryAfter) {}

    /** @param most how many failures of one address are answered as such */
    FailedCredentials(int most, InstantSource clock, BridgeListener events) {
        this.most = most;
        this.failures = new LeakyBuckets(most, MEMORY, clock);
        this.clock = clock;
        this.events = events;
    }

    /** Counts a failure of a client. */
    Penalty failed(String address) {
        String site = ClientAddress.site(address);
        double level = failures.add(site, 2.0 * most);
        int slow = (int) level - Math.max(1, most / 4);
        Duration delay =
                slow <= 0 ? Duration.ZERO : Duration.ofMillis(FIRST_DELAY_MILLIS << Math.min(slow - 1, MOST_DOUBLINGS));
        if (level <= most) {
            return new Penalty(delay, Duration.ZERO);
        }
        tell(site, address);
        return new Penalty(delay, failures.time(level - most + 1).plusSeconds(1));
    }

    private void tell(String site, String address) {
        int count;
        synchronized (told) {
            long now = clock.millis();
            told.values()
                    .removeIf(last -> Math.abs(now - last.atMillis) >= (last.since == 0 ? 1 : 2) * INTERVAL_MILLIS);
            Told last = told.get(site);
            if (last == null && told.size() >= MOST_LOGGED) {
                return; // enough has been said
            }
            if (last != null) {
                last.since++;
                if (Math.abs(now - last.atMillis) < INTERVAL_MILLIS) {
                    return;
                }
            }
            count = last == null ? most : last.since;
            told.put(site, new Told(now));
        }
        log.warn("{} failed credentials from {}; further ones are answered with 429", count, address);
        events.onLockedOut(address, count);
    }
}
