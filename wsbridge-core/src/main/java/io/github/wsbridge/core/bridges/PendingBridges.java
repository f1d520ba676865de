package io.github.wsbridge.core.bridges;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.wire.concurrent.Shares;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * This node's bridges whose device has not arrived yet. A bridge is removed when it is no longer pending, for any
 * reason. The map is for lookup only and decides nothing.
 */
public final class PendingBridges {

    private record Waiting(OwnedBridge bridge, Shares.Place place, Holder holder) {}

    /** Those that wait for one device. */
    private record Line(Shares byTarget, FairShare byRequester) {}

    private final Map<BridgeId, Waiting> bridges = new ConcurrentHashMap<>();
    private final Map<String, Line> perDevice = new ConcurrentHashMap<>();
    private volatile int maxPerDevice;
    private final Supplier<FairShare> share;

    /** @param share of those that wait for a device that one requester may have; one for each device */
    public PendingBridges(int maxPerDevice, Supplier<FairShare> share) {
        this.maxPerDevice = maxPerDevice;
        this.share = share;
    }

    /** Changes the limit, for devices for which nobody waits at the moment. */
    public void change(int most) {
        maxPerDevice = most;
    }

    /**
     * Adds a bridge until it is claimed or ended. Returns false if too many requesters already wait for its device, or
     * for this target of it, or of this requester: see {@link Shares} and {@link FairShare}.
     *
     * @param target what the requester wants of the device: its request data
     */
    public boolean add(OwnedBridge bridge, String target, Holder holder) {
        Shares.Place[] taken = new Shares.Place[1];
        perDevice.compute(bridge.deviceId(), (device, known) -> {
            Line line = known == null ? new Line(new Shares(maxPerDevice), share.get()) : known;
            if (line.byRequester().take(holder, line.byTarget().free())) {
                taken[0] = line.byTarget().take(target);
                if (taken[0] == null) {
                    line.byRequester().release(holder);
                }
            }
            return line;
        });
        if (taken[0] != null) {
            bridges.put(bridge.id(), new Waiting(bridge, taken[0], holder));
        }
        return taken[0] != null;
    }

    @Nullable
    public OwnedBridge find(BridgeId id) {
        Waiting waiting = bridges.get(id);
        return waiting == null ? null : waiting.bridge();
    }

    /** Returns what completes, on any thread, when a bridge no longer waits here. */
    public CompletionStage<?> settled(BridgeId id) {
        OwnedBridge bridge = find(id);
        return bridge == null ? CompletableFuture.completedStage(null) : bridge.settled();
    }

    /** Removes a bridge that is no longer pending. Called once for each bridge that was added. */
    public void remove(OwnedBridge bridge) {
        Waiting waiting = bridges.get(bridge.id());
        if (waiting != null && waiting.bridge() == bridge && bridges.remove(bridge.id(), waiting)) {
            perDevice.computeIfPresent(bridge.deviceId(), (device, line) -> {
                waiting.place().release();
                line.byRequester().release(waiting.holder());
                return line.byTarget().empty() ? null : line;
            });
        }
    }

    public int size() {
        return bridges.size();
    }

    /** Ends all pending bridges. */
    public void endAll(CloseReason reason) {
        bridges.values().forEach(waiting -> waiting.bridge().end(reason));
    }
}
