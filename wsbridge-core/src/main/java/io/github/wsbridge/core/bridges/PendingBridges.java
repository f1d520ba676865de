package io.github.wsbridge.core.bridges;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.wire.concurrent.Shares;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * This node's bridges whose device has not arrived yet. A bridge is removed when it is no longer pending, for any
 * reason. The map is for lookup only and decides nothing.
 */
public final class PendingBridges {

    private record Waiting(OwnedBridge bridge, Shares.Place place) {}

    private final Map<BridgeId, Waiting> bridges = new ConcurrentHashMap<>();
    private final Map<String, Shares> perDevice = new ConcurrentHashMap<>();
    private final int maxPerDevice;

    public PendingBridges(int maxPerDevice) {
        this.maxPerDevice = maxPerDevice;
    }

    /**
     * Adds a bridge until it is claimed or ended. Returns false if too many requesters already wait for its device, or
     * for this target of it: see {@link Shares}.
     *
     * @param target what the requester wants of the device: its request data
     */
    public boolean add(OwnedBridge bridge, String target) {
        Shares.Place[] taken = new Shares.Place[1];
        perDevice.compute(bridge.deviceId(), (device, known) -> {
            Shares shares = known == null ? new Shares(maxPerDevice) : known;
            taken[0] = shares.take(target);
            return shares;
        });
        if (taken[0] != null) {
            bridges.put(bridge.id(), new Waiting(bridge, taken[0]));
        }
        return taken[0] != null;
    }

    @Nullable
    public OwnedBridge find(BridgeId id) {
        Waiting waiting = bridges.get(id);
        return waiting == null ? null : waiting.bridge();
    }

    /** Removes a bridge that is no longer pending. Called once for each bridge that was added. */
    public void remove(OwnedBridge bridge) {
        Waiting waiting = bridges.get(bridge.id());
        if (waiting != null && waiting.bridge() == bridge && bridges.remove(bridge.id(), waiting)) {
            perDevice.computeIfPresent(bridge.deviceId(), (device, shares) -> {
                waiting.place().release();
                return shares.empty() ? null : shares;
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
