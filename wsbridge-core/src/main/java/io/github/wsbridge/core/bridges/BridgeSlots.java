package io.github.wsbridge.core.bridges;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.limits.Crowded;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.wire.concurrent.Capacity;
import io.github.wsbridge.wire.relay.Splice;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts a node's bridges (pending, live and forwarded), limits their number, and ends them when the node stops.
 *
 * <p>A node stops in three steps, never backwards: it says that it is leaving, but still takes everything; it refuses
 * requesters, but still brings devices to those that wait, here or on another node; it ends what is left.
 */
public final class BridgeSlots {

    private enum Phase {
        SERVING,
        LEAVING,
        DRAINING,
        CUT
    }

    public static final CloseReason DRAINING = new CloseReason(CloseReason.UNAVAILABLE, "the node is draining");
    public static final CloseReason STOPPING = new CloseReason(CloseReason.GOING_AWAY, "the node is stopping");

    private volatile int max;
    private final Capacity capacity;
    private final FairShare share;
    private final Set<Splice> splices = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> empty = new CompletableFuture<>();
    private volatile Phase phase = Phase.SERVING; // changed by advance() only

    /** @param share of the slots that one requester may take */
    public BridgeSlots(int maxBridges, FairShare share) {
        this.max = maxBridges;
        this.capacity = new Capacity(maxBridges);
        this.share = share;
    }

    /** Changes the limits, for bridges to come. */
    public void change(int maxBridges, int principalPercent, int addressPercent) {
        max = maxBridges;
        capacity.bound(maxBridges);
        share.change(principalPercent, addressPercent);
    }

    /** Returns why the node cannot take another requester now, or null if it can. */
    @Nullable
    public CloseReason unavailable() {
        return reached(Phase.DRAINING) ? DRAINING : capacity.full() ? Crowded.BRIDGES : null;
    }

    /** Returns why the node cannot take another bridge of this requester now, or null if it can. */
    @Nullable
    public CloseReason unavailable(Holder requester) {
        CloseReason reason = unavailable();
        return reason == null && !share.roomFor(requester, max - capacity.used()) ? Crowded.BRIDGE_SHARE : reason;
    }

    /** Returns why the node cannot forward another device now, or null if it can. */
    @Nullable
    public CloseReason unavailableToForward() {
        return cut() ? DRAINING : capacity.full() ? Crowded.BRIDGES : null;
    }

    /** Takes a slot for a requester. Returns null on success, otherwise the reason for the refusal. */
    @Nullable
    public CloseReason take(Holder requester) {
        CloseReason refusal = take(Phase.DRAINING);
        if (refusal == null && !share.take(requester, max - capacity.used() + 1)) {
            release();
            return Crowded.BRIDGE_SHARE;
        }
        return refusal;
    }

    /** Returns a slot that a requester took. */
    public void release(Holder requester) {
        share.release(requester);
        release();
    }

    /** Takes a slot for a device that is forwarded. Returns null on success, otherwise the reason for the refusal. */
    @Nullable
    public CloseReason takeToForward() {
        return take(Phase.CUT);
    }

    private @Nullable CloseReason take(Phase until) {
        if (reached(until)) {
            return DRAINING;
        }
        if (!capacity.take()) {
            return Crowded.BRIDGES;
        }
        if (reached(until)) {
            release(); // drain() may have found all slots free just before
            return DRAINING;
        }
        return null;
    }

    /** Returns a slot that a forwarded device took. */
    public void release() {
        capacity.release();
        lookIfEmpty();
    }

    /** Keeps track of a running splice until it is gone. */
    public void keep(Splice splice) {
        splices.add(splice);
        splice.gone().thenAccept(reason -> splices.remove(splice));
        if (cut()) {
            splice.close(STOPPING);
        }
    }

    public int held() {
        return capacity.used();
    }

    /** Returns whether the node is stopping, in whichever phase. */
    public boolean leaving() {
        return reached(Phase.LEAVING);
    }

    /** Returns whether requesters are refused. */
    public boolean draining() {
        return reached(Phase.DRAINING);
    }

    /** Returns whether all bridges have been told to end. */
    public boolean cut() {
        return reached(Phase.CUT);
    }

    private boolean reached(Phase at) {
        return phase.compareTo(at) >= 0;
    }

    private synchronized void advance(Phase to) {
        if (!reached(to)) {
            phase = to;
        }
    }

    /** Marks the node as leaving. */
    public void leave() {
        advance(Phase.LEAVING);
    }

    /** Refuses requesters from now on. Completes when no slot is taken. */
    public CompletionStage<Void> drain() {
        advance(Phase.DRAINING);
        lookIfEmpty();
        return empty;
    }

    /** Closes all running splices, and any that start from now on. */
    public void end() {
        advance(Phase.CUT);
        splices.forEach(splice -> splice.close(STOPPING));
    }

    private void lookIfEmpty() {
        if (reached(Phase.DRAINING) && capacity.used() == 0) {
            empty.complete(null);
        }
    }
}
