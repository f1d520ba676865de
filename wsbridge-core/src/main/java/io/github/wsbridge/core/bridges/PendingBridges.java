package io.github.wsbridge.core.bridges;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * This node's bridges whose device has not arrived yet. A bridge is removed when it is no longer pending, for any
 * reason. The map is for lookup only and decides nothing.
 */
public final class PendingBridges {

    private final Map<BridgeId, OwnedBridge> bridges = new ConcurrentHashMap<>();
    private final Map<String, Integer> perDevice = new ConcurrentHashMap<>();
    private final int maxPerDevice;

    public PendingBridges(int maxPerDevice) {
        this.maxPerDevice = maxPerDevice;
    }

    /** Adds a bridge until it is claimed or ended. Returns false if too many requesters already wait for its device. */
    public boolean add(OwnedBridge bridge) {
        boolean[] room = new boolean[1];
        perDevice.compute(bridge.deviceId(), (device, waiting) -> {
            int others = waiting == null ? 0 : waiting;
            room[0] = others < maxPerDevice;
            return room[0] ? others + 1 : waiting;
        });
        if (room[0]) {
            bridges.put(bridge.id(), bridge);
        }
        return room[0];
    }

    @Nullable
    public OwnedBridge find(BridgeId id) {
        return bridges.get(id);
    }

    /** Removes a bridge that is no longer pending. Called once for each bridge that was added. */
    public void remove(OwnedBridge bridge) {
        if (bridges.remove(bridge.id(), bridge)) {
            leave(bridge.deviceId());
        }
    }

    private void leave(String deviceId) {
        perDevice.computeIfPresent(deviceId, (device, waiting) -> waiting == 1 ? null : waiting - 1);
    }

    public int size() {
        return bridges.size();
    }

    /** Ends all pending bridges. */
    public void endAll(CloseReason reason) {
        bridges.values().forEach(bridge -> bridge.end(reason));
    }
}
