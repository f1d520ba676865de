package io.github.wsbridge.access.jwt;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.Lasting;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The issuer's public keys, read again every few minutes on a thread of their own. While the source fails, the keys
 * that are known stay in use for a day. Thread-safe.
 */
final class IssuerKeys implements AutoCloseable {

    /** How long to keep keys that cannot be read again. */
    static final Duration OUTAGE = Duration.ofHours(24);

    /** The shortest time between two attempts, whatever keys tokens name. */
    static final Duration PAUSE = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(IssuerKeys.class);

    /** Keys, and when they were read. */
    private record Known(List<JWK> keys, Instant since) {}

    private final KeySource source;
    private final Duration refresh;
    private final Duration pause;
    private final InstantSource clock;
    private final ScheduledExecutorService thread = Daemons.newTimer("wsbridge-jwt-keys");
    private volatile @Nullable Known known;
    private volatile Instant tried = Instant.MIN;
    private boolean failing; // used by the thread only
    private @Nullable CompletableFuture<Void> reading; // guarded by this

    IssuerKeys(KeySource source, Duration refresh, Duration pause, InstantSource clock) {
        this.source = source;
        this.refresh = refresh;
        this.pause = pause;
        this.clock = clock;
        read();
        thread.scheduleWithFixedDelay(
                new Lasting(this::refreshIfOld),
                pause.toMillis(),
                Math.min(pause.toMillis(), refresh.toMillis()),
                TimeUnit.MILLISECONDS);
    }

    /**
     * Finds the keys that fit, if necessary by reading the source again, at most once in a while.
     *
     * @return the keys; none if there are none. Fails if no keys are known at all
     */
    CompletionStage<List<JWK>> find(Predicate<JWK> fits) {
        List<JWK> found = among(fits);
        if (!found.isEmpty()) {
            return CompletableFuture.completedFuture(found);
        }
        CompletableFuture<Void> attempt = attempt();
        return (attempt == null ? CompletableFuture.<Void>completedFuture(null) : attempt).thenApply(done -> {
            if (usable() == null) {
                throw new IllegalStateException("the keys of the issuer of tokens cannot be read");
            }
            return among(fits);
        });
    }

    private List<JWK> among(Predicate<JWK> fits) {
        Known now = usable();
        return now == null ? List.of() : now.keys().stream().filter(fits).toList();
    }

    private @Nullable Known usable() {
        Known now = known;
        return now == null || clock.instant().isAfter(now.since().plus(OUTAGE)) ? null : now;
    }

    /** Returns the attempt to read that is under way or begins now; null if the last one was a moment ago. */
    private synchronized @Nullable CompletableFuture<Void> attempt() {
        if (reading != null && !reading.isDone()) {
            return reading;
        }
        return tried.equals(Instant.MIN) || !clock.instant().isBefore(tried.plus(pause)) ? read() : null;
    }

    private synchronized CompletableFuture<Void> read() {
        CompletableFuture<Void> attempt = new CompletableFuture<>();
        reading = attempt;
        tried = clock.instant();
        try {
            thread.execute(() -> {
                try {
                    take(source.read());
                } catch (IOException | RuntimeException e) {
                    fail(e);
                } finally {
                    attempt.complete(null);
                }
            });
        } catch (RejectedExecutionException e) {
            attempt.complete(null); // closed
        }
        return attempt;
    }

    private void refreshIfOld() {
        Known now = known;
        boolean old = now == null || !clock.instant().isBefore(now.since().plus(refresh));
        if (old && !clock.instant().isBefore(tried.plus(pause))) {
            read();
        }
    }

    private void take(JWKSet read) {
        Known before = known;
        known = new Known(List.copyOf(read.getKeys()), clock.instant());
        if (failing || before == null || !ids(before.keys()).equals(ids(read.getKeys()))) {
            log.info("The keys of the issuer of tokens: {}", ids(read.getKeys()));
        }
        failing = false;
    }

    private void fail(Exception why) {
        if (!failing) {
            log.warn(
                    "The keys of the issuer of tokens cannot be read{}: {}",
                    known == null ? ", so no token is accepted" : "; those that are known stay in use",
                    why.getMessage() == null ? why.toString() : why.getMessage());
        }
        failing = true;
    }

    private static List<String> ids(List<JWK> keys) {
        return keys.stream()
                .map(key -> key.getKeyID() == null ? "unnamed" : key.getKeyID())
                .toList();
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
