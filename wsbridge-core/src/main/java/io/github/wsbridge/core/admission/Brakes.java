package io.github.wsbridge.core.admission;

import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.BridgeListener.Limit;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.wire.concurrent.Capacity;
import io.github.wsbridge.wire.concurrent.LeakyBuckets;
import io.github.wsbridge.wire.net.ClientAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Slows down clients that ask too often, or with invalid credentials. Thread-safe. */
public final class Brakes {

    /** How many answers wait at a time. Those beyond are given at once. */
    private static final int MOST_DELAYED = 1_000;

    private static final Admission.Refused TOO_FAST =
            new Admission.Refused(429, "too many requests", Duration.ofSeconds(1));

    private volatile Rates rates;
    private final InstantSource clock;
    private final Capacity delayed = new Capacity(MOST_DELAYED);
    private final ScheduledExecutorService scheduler;
    private final BridgeListener events;

    public Brakes(Limits limits, InstantSource clock, ScheduledExecutorService scheduler, BridgeListener events) {
        this.clock = clock;
        this.scheduler = scheduler;
        this.events = events;
        this.rates = new Rates(
                limits.addressRate(),
                addresses(limits),
                limits.requestsPerSecond(),
                principals(limits),
                limits.failedCredentials(),
                failures(limits));
    }

    /** The limits in force, and what has been counted towards them. */
    private record Rates(
            int addressRate,
            LeakyBuckets addresses,
            int requestsPerSecond,
            RequestRate principals,
            int failedCredentials,
            FailedCredentials failures) {}

    private LeakyBuckets addresses(Limits limits) {
        return new LeakyBuckets(limits.addressRate(), Duration.ofSeconds(1), clock);
    }

    private RequestRate principals(Limits limits) {
        return new RequestRate(limits.requestsPerSecond(), clock);
    }

    private FailedCredentials failures(Limits limits) {
        return new FailedCredentials(limits.failedCredentials(), clock, events);
    }

    /** Changes the limits. Where one has changed, counting begins anew. */
    public void change(Limits to) {
        Rates old = rates;
        rates = new Rates(
                to.addressRate(),
                to.addressRate() == old.addressRate ? old.addresses : addresses(to),
                to.requestsPerSecond(),
                to.requestsPerSecond() == old.requestsPerSecond ? old.principals : principals(to),
                to.failedCredentials(),
                to.failedCredentials() == old.failedCredentials ? old.failures : failures(to));
    }

    /** Counts a handshake from a client's address. Returns the refusal if that is too many, or null. */
    Admission.@Nullable Refused tooFast(Handshake handshake) {
        String site = ClientAddress.site(handshake.peer().address());
        Rates now = rates;
        return site.isEmpty() || now.addresses.addUpTo(site, now.addressRate) ? null : tooMuch(Limit.ADDRESS_RATE);
    }

    /** Counts a request of a principal. Returns the refusal if that is too many, or null. */
    Admission.@Nullable Refused tooOften(String principal) {
        return rates.principals.take(principal) ? null : tooMuch(Limit.PRINCIPAL_RATE);
    }

    private Admission.Refused tooMuch(Limit limit) {
        events.onLimited(limit);
        return TOO_FAST;
    }

    /** Counts invalid credentials. Returns the answer to them, which may take a while. */
    CompletionStage<Admission> failed(Handshake handshake, Admission.Refused answer) {
        FailedCredentials.Penalty penalty =
                rates.failures.failed(handshake.peer().address());
        if (!penalty.retryAfter().isZero()) {
            events.onLimited(Limit.FAILED_CREDENTIALS);
        }
        Admission given = penalty.retryAfter().isZero()
                ? answer
                : new Admission.Refused(429, "too many invalid credentials", penalty.retryAfter());
        CompletableFuture<Admission> said = new CompletableFuture<>();
        if (penalty.delay().isZero() || !delayed.take()) {
            return CompletableFuture.completedFuture(given);
        }
        try {
            scheduler.schedule(
                    () -> {
                        delayed.release();
                        said.complete(given);
                    },
                    penalty.delay().toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) { // the node has stopped
            delayed.release();
            said.complete(given);
        }
        return said;
    }
}
