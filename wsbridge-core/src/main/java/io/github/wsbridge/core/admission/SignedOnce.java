package io.github.wsbridge.core.admission;

import io.github.wsbridge.wire.concurrent.Shares;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The URLs of this node that are good for one bridge and have not been used. Since what is remembered are those that
 * may still be used, a node that has been restarted, or lacks memory for more, lets none be used twice. Thread-safe.
 */
public final class SignedOnce {

    private static final int NONCE_BYTES = 16;

    private record Unused(String nonce, Instant expires, Shares.Place place) {}

    private final Shares places;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    // Guarded by this.
    private final Map<String, Unused> byNonce = new HashMap<>();
    private final TreeSet<Unused> byExpiry =
            new TreeSet<>(Comparator.comparing(Unused::expires).thenComparing(Unused::nonce));

    /** @param most how many are remembered */
    public SignedOnce(int most, InstantSource clock) {
        this.places = new Shares(most);
        this.clock = clock;
    }

    /** Returns a nonce for a URL; null if there are too many unused ones, or too many of this principal. */
    @Nullable
    synchronized String issue(String principal, Instant expires) {
        forgetExpired();
        Shares.Place place = places.take(principal);
        if (place == null) {
            return null;
        }
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        Unused issued = new Unused(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes), expires, place);
        byNonce.put(issued.nonce(), issued);
        byExpiry.add(issued);
        return issued.nonce();
    }

    /** Returns whether a nonce of this node has not been used, nor has expired, until now. */
    public synchronized boolean use(String nonce) {
        forgetExpired();
        Unused used = byNonce.remove(nonce);
        if (used == null) {
            return false;
        }
        byExpiry.remove(used);
        used.place().release();
        return true;
    }

    private void forgetExpired() {
        Instant now = clock.instant();
        while (!byExpiry.isEmpty() && !byExpiry.first().expires().isAfter(now)) {
            Unused expired = byExpiry.pollFirst();
            byNonce.remove(expired.nonce());
            expired.place().release();
        }
    }
}
