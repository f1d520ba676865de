package io.github.wsbridge.core.limits;

import java.util.HashMap;
import java.util.Map;

/**
 * Keeps one principal, and one address, from taking all places of a kind: each may hold a certain share of those that
 * nobody else holds. With a share of half, the first greedy one gets half of all, the next half of the rest, and so on,
 * and there is always something left for another. The places themselves are counted elsewhere. Thread-safe.
 */
public final class FairShare {

    private static final int ALL = 100;

    private volatile int principalPercent;
    private volatile int addressPercent;
    private final Map<String, Integer> principals = new HashMap<>();
    private final Map<String, Integer> sites = new HashMap<>();

    /** Creates shares in percent; with 100, one may take everything. */
    public FairShare(int principalPercent, int addressPercent) {
        this.principalPercent = principalPercent;
        this.addressPercent = addressPercent;
    }

    /** Changes the shares. Who has more than its share by now keeps that, but gets nothing more. */
    public void change(int ofPrincipal, int ofAddress) {
        principalPercent = ofPrincipal;
        addressPercent = ofAddress;
    }

    /** Returns shares of everything. */
    public static FairShare unlimited() {
        return new FairShare(ALL, ALL);
    }

    /**
     * Returns whether a holder may take another place.
     *
     * @param free the number of free places, with the one to take
     */
    public synchronized boolean roomFor(Holder holder, int free) {
        return roomFor(principals, holder.principal(), principalPercent, free)
                && roomFor(sites, holder.site(), addressPercent, free);
    }

    /** Counts another place of a holder, unless there is no {@link #roomFor} it. Returns whether it was counted. */
    public synchronized boolean take(Holder holder, int free) {
        if (!roomFor(holder, free)) {
            return false;
        }
        count(principals, holder.principal());
        count(sites, holder.site());
        return true;
    }

    /** Called once for each place that was taken. */
    public synchronized void release(Holder holder) {
        principals.computeIfPresent(holder.principal(), (same, held) -> held == 1 ? null : held - 1);
        sites.computeIfPresent(holder.site(), (same, held) -> held == 1 ? null : held - 1);
    }

    /** Counts even where one may take everything, since that may change. */
    private static void count(Map<String, Integer> held, String key) {
        if (!key.isEmpty()) {
            held.merge(key, 1, Integer::sum);
        }
    }

    private static boolean roomFor(Map<String, Integer> held, String key, int percent, int free) {
        return key.isEmpty()
                || percent == ALL
                || free > 0 && (long) held.getOrDefault(key, 0) * (ALL - percent) < (long) percent * free;
    }
}
