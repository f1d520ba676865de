package io.github.wsbridge.core.bridges;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.limits.Capacity;
import io.github.wsbridge.wire.relay.Splice;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The bridges that a node holds, pending, live and forwarded: how many there may be, and how they end when it stops. */
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

    /** Why no bridge can be taken on now; null if one can. */
    @Nullable
    public CloseReason unavailable() {
        return draining ? DRAINING : capacity.full() ? FULL : null;
    }

    /** Takes the place of one bridge; null if it was to be had, or else why not. */
    @Nullable
    public CloseReason take() {
        if (draining) {
            return DRAINING;
        }
        if (!capacity.take()) {
            return FULL;
        }
        if (draining) {
            release(); // drain() may have found nothing held just before
            return DRAINING;
        }
        return null;
    }

    /** Gives a place back. */
    public void release() {
        capacity.release();
        lookIfEmpty();
    }

    /** Remembers a running splice until it is gone. */
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

    /** Takes on no more; completes when nothing is held. */
    public CompletionStage<Void> drain() {
        draining = true;
        lookIfEmpty();
        return empty;
    }

    /** Ends the splices that run, and any that start from now on. */
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
