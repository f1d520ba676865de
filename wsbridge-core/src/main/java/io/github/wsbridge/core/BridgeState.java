package io.github.wsbridge.core;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener.Client;
import java.time.Instant;
import java.util.Optional;

/**
 * A bridge that a node holds, as it was at one moment.
 *
 * @param id its id, the same on all nodes
 * @param deviceId the device's id; empty if the bridge is forwarded and its token does not name the device, as by
 *     default
 * @param requester who has requested it; empty if it is forwarded
 * @param device who has accepted; empty while it is pending
 * @param deviceForwarded whether another node has forwarded the device to this one; then its address is that node's
 * @param owner the node that it is forwarded to; empty if it is this node's own
 * @param since when it was requested or, on a node that forwards it, when it was forwarded
 * @param bytesToDevice the number of payload bytes relayed towards the device so far
 * @param bytesToRequester the number of payload bytes relayed towards the requester so far
 */
public record BridgeState(
        BridgeId id,
        String deviceId,
        Optional<Client> requester,
        Optional<Client> device,
        boolean deviceForwarded,
        Optional<NodeAddress> owner,
        Instant since,
        long bytesToDevice,
        long bytesToRequester) {

    /** Returns whether the requester still waits for its device. */
    public boolean pending() {
        return device.isEmpty();
    }
}
