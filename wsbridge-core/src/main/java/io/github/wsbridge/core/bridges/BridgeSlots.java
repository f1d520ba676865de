package io.github.wsbridge.core.bridges;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.limits.Capacity;
import io.github.wsbridge.wire.relay.Splice;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Counts a node's bridges (pending, live and forwarded), limits their number, and ends them when the node stops. */
public final class BridgeSlots {

    public static final CloseReason DRAINING = new CloseReason(CloseReason.UNAVAILABLE, "the node is draining");
    public static final CloseReason STOPPING = new CloseReason(CloseReason.GOING_AWAY, "the node is stopping");
    private static final CloseReason FULL = new CloseReason(CloseReason.UNAVAILABLE, "the node is full");

    private final Capacity capacity;
    private final Set<Splice> splices = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> empty = new CompletableFuture<>();
    private volatile boolean draining;
    private volatile boolean cut;

    public BridgeSlots(int maxBridges) {
        this.capacity = new Capacity(maxBridges);
    }

    /** Returns why the node cannot take another bridge now, or null if it can. */
    @Nullable
    public CloseReason unavailable() {
        return draining ? DRAINING : capacity.full() ? FULL : null;
    }

    /** Takes a slot for one bridge. Returns null on success, otherwise the reason for the refusal. */
    @Nullable
    public CloseReason take() {
        if (draining) {
            return DRAINING;
        }
        if (!capacity.take()) {
            return FULL;
        }
        if (draining) {
            release(); // drain() may have found all slots free just before
            return DRAINING;
        }
        return null;
    }

    /** Returns a slot. */
    public void release() {
        capacity.release();
        lookIfEmpty();
    }

    /** Keeps track of a running splice until it is gone. */
    public void keep(Splice splice) {
        splices.add(splice);
        splice.gone().thenAccept(reason -> splices.remove(splice));
        if (cut) {
            splice.close(STOPPING);
        }
    }

    public int held() {
        return capacity.used();
    }

    public boolean draining() {
        return draining;
    }

    /** Refuses new bridges from now on. Completes when no slot is taken. */
    public CompletionStage<Void> drain() {
        draining = true;
        lookIfEmpty();
        return empty;
    }

    /** Closes all running splices, and any that start from now on. */
    public void cut() {
        cut = true;
        splices.forEach(splice -> splice.close(STOPPING));
    }

    private void lookIfEmpty() {
        if (draining && capacity.used() == 0) {
            empty.complete(null);
        }
    }
}
