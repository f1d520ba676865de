package io.github.wsbridge.core.limits;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.github.wsbridge.wire.relay.Pace;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many bytes a bridge, and all bridges of a principal together, carry per second, in both directions
 * together. A bridge that is too fast is not read for a while, so its ends see a slow network. Thread-safe.
 */
public final class Bandwidth {

    private volatile long perBridge;
    private volatile long perPrincipal;
    private final ScheduledExecutorService scheduler;
    private final TimeMeter time;
    private final Map<String, Account> principals = new ConcurrentHashMap<>();

    /** What a principal may relay, and the number of its bridges. */
    private record Account(Allowance allowance, int bridges) {}

    /**
     * Creates limits in bytes per second; 0 for none.
     *
     * @param nanoTime {@link System#nanoTime} except in tests
     */
    public Bandwidth(long perBridge, long perPrincipal, ScheduledExecutorService scheduler, LongSupplier nanoTime) {
        this.perBridge = perBridge;
        this.perPrincipal = perPrincipal;
        this.scheduler = scheduler;
        this.time = new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return nanoTime.getAsLong();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        };
    }

    /** Changes the limits, for bridges to come; that of a principal which has a limit changes for all its bridges. */
    public void change(long one, long all) {
        perBridge = one;
        perPrincipal = all;
        if (all > 0) {
            principals.values().forEach(account -> account.allowance().rate(all));
        }
    }

    /** Returns the pace of a new bridge; null if it is not limited. {@link #release} is called when it has ended. */
    public @Nullable Pace of(String principal) {
        long one = perBridge;
        long all = perPrincipal;
        Allowance own = one > 0 ? new Allowance(one, time) : null;
        Allowance shared = all > 0 && !principal.isEmpty()
                ? principals
                        .compute(
                                principal,
                                (same, known) -> known == null
                                        ? new Account(new Allowance(all, time), 1)
                                        : new Account(known.allowance(), known.bridges() + 1))
                        .allowance()
                : null;
        return own == null && shared == null ? null : new Paced(own, shared);
    }

    /** Called once for each bridge of a principal, with its pace. */
    public void release(String principal, @Nullable Pace pace) {
        if (!(pace instanceof Paced paced) || paced.shared == null) {
            return;
        }
        Account left = principals.computeIfPresent(
                principal, (same, known) -> new Account(known.allowance(), known.bridges() - 1));
        if (left != null && left.bridges() == 0) {
            forget(principal, left.allowance().debtNanos());
        }
    }

    /** Forgets a principal without bridges once it could not gain from that. */
    private void forget(String principal, long nanos) {
        try {
            scheduler.schedule(() -> forget(principal), Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            principals.remove(principal); // the node has stopped
        }
    }

    /** Another bridge may have come and gone since, and left a debt of its own, which has its own time. */
    private void forget(String principal) {
        principals.computeIfPresent(
                principal,
                (same, known) -> known.bridges() == 0 && known.allowance().debtNanos() <= 0 ? null : known);
    }

    private final class Paced implements Pace {
        private final @Nullable Allowance own;
        private final @Nullable Allowance shared;

        Paced(@Nullable Allowance own, @Nullable Allowance shared) {
            this.own = own;
            this.shared = shared;
        }

        @Override
        public void relayed(long bytes) {
            if (own != null) {
                own.spend(bytes);
            }
            if (shared != null) {
                shared.spend(bytes);
            }
        }

        @Override
        public void next(Runnable read) {
            long nanos = Math.max(own == null ? 0 : own.debtNanos(), shared == null ? 0 : shared.debtNanos());
            if (nanos <= 0) {
                read.run();
                return;
            }
            try {
                scheduler.schedule(() -> next(read), nanos, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                read.run(); // the node has stopped, and ends the bridge
            }
        }
    }

    /** What has been relayed beyond the rate, less a burst of a tenth of a second. Thread-safe. */
    private static final class Allowance {
        private static final long BURSTS_PER_SECOND = 10;

        private final Bucket bucket;

        Allowance(long bytesPerSecond, TimeMeter time) {
            bucket = Bucket.builder()
                    .addLimit(limit(bytesPerSecond))
                    .withCustomTimePrecision(time)
                    .build();
        }

        private static io.github.bucket4j.Bandwidth limit(long bytesPerSecond) {
            return io.github.bucket4j.Bandwidth.builder()
                    .capacity(Math.max(1, bytesPerSecond / BURSTS_PER_SECOND))
                    .refillGreedy(bytesPerSecond, Duration.ofSeconds(1))
                    .build();
        }

        /** Changes the rate. What is owed is owed as before. */
        void rate(long bytesPerSecond) {
            bucket.replaceConfiguration(
                    BucketConfiguration.builder()
                            .addLimit(limit(bytesPerSecond))
                            .build(),
                    TokensInheritanceStrategy.AS_IS);
        }

        void spend(long bytes) {
            bucket.consumeIgnoringRateLimits(bytes);
        }

        /** Returns how long nothing may be read. */
        long debtNanos() {
            return bucket.estimateAbilityToConsume(1).getNanosToWaitForRefill();
        }
    }
}
