package io.github.wsbridge.core.limits;

import io.github.wsbridge.wire.relay.Pace;
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
    private final LongSupplier nanoTime;
    private final Map<String, Account> principals = new ConcurrentHashMap<>();

    /** The bucket of a principal, and the number of its bridges. */
    private record Account(TokenBucket bucket, int bridges) {}

    /**
     * Creates limits in bytes per second; 0 for none.
     *
     * @param nanoTime {@link System#nanoTime} except in tests
     */
    public Bandwidth(long perBridge, long perPrincipal, ScheduledExecutorService scheduler, LongSupplier nanoTime) {
        this.perBridge = perBridge;
        this.perPrincipal = perPrincipal;
        this.scheduler = scheduler;
        this.nanoTime = nanoTime;
    }

    /** Changes the limits, for bridges to come; that of a principal which has a limit changes for all its bridges. */
    public void change(long one, long all) {
        perBridge = one;
        perPrincipal = all;
        if (all > 0) {
            principals.values().forEach(account -> account.bucket().rate(all));
        }
    }

    /** Returns the pace of a new bridge; null if it is not limited. {@link #release} is called when it has ended. */
    public @Nullable Pace of(String principal) {
        long one = perBridge;
        long all = perPrincipal;
        TokenBucket own = one > 0 ? new TokenBucket(one, nanoTime) : null;
        TokenBucket shared = all > 0 && !principal.isEmpty()
                ? principals
                        .compute(
                                principal,
                                (same, known) -> known == null
                                        ? new Account(new TokenBucket(all, nanoTime), 1)
                                        : new Account(known.bucket(), known.bridges() + 1))
                        .bucket()
                : null;
        return own == null && shared == null ? null : new Paced(own, shared);
    }

    /** Called once for each bridge of a principal, with its pace. */
    public void release(String principal, @Nullable Pace pace) {
        if (!(pace instanceof Paced paced) || paced.shared == null) {
            return;
        }
        Account left = principals.computeIfPresent(
                principal, (same, known) -> new Account(known.bucket(), known.bridges() - 1));
        if (left != null && left.bridges() == 0) {
            forget(principal, left.bucket().debtNanos());
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
                (same, known) -> known.bridges() == 0 && known.bucket().debtNanos() <= 0 ? null : known);
    }

    private final class Paced implements Pace {
        private final @Nullable TokenBucket own;
        private final @Nullable TokenBucket shared;

        Paced(@Nullable TokenBucket own, @Nullable TokenBucket shared) {
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

    /** What has been relayed beyond the rate, less a burst of a tenth of a second. */
    private static final class TokenBucket {
        private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

        private volatile double nanosPerByte;
        private final LongSupplier nanoTime;
        private long paidUntil; // guarded by this

        TokenBucket(long bytesPerSecond, LongSupplier nanoTime) {
            this.nanosPerByte = 1e9 / bytesPerSecond;
            this.nanoTime = nanoTime;
            this.paidUntil = nanoTime.getAsLong() - BURST_NANOS;
        }

        void rate(long bytesPerSecond) {
            nanosPerByte = 1e9 / bytesPerSecond;
        }

        synchronized void spend(long bytes) {
            long earliest = nanoTime.getAsLong() - BURST_NANOS;
            paidUntil = (paidUntil - earliest > 0 ? paidUntil : earliest) + (long) (bytes * nanosPerByte);
        }

        /** Returns how long nothing may be read. */
        synchronized long debtNanos() {
            return paidUntil - nanoTime.getAsLong();
        }
    }
}
