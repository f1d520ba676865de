package io.github.wsbridge;

import java.util.concurrent.CompletionStage;

/**
 * A requester and a device that are joined, or about to be. Thread-safe.
 *
 * <p>A bridge is first pending, then established, then closed; or it is closed while still pending. It is owned by the
 * node that returned it.
 */
public interface Bridge {

    /** Returns the bridge's id, which is the same on every node that the bridge crosses. */
    BridgeId id();

    /** Returns the id of the requested device. */
    String deviceId();

    /**
     * Completes when the bridge is established, or fails with a {@link BridgeException} if it ends before that.
     * Completed on the thread that joined the legs, so continuations must not block.
     */
    CompletionStage<Bridge> established();

    /**
     * Completes, always normally, with the first reason why the bridge ended, once both legs have been told to close.
     */
    CompletionStage<CloseReason> closed();

    /** Returns the number of payload bytes relayed from the requester to the device so far. */
    long bytesToDevice();

    /** Returns the number of payload bytes relayed from the device to the requester so far. */
    long bytesToRequester();

    /**
     * Closes the bridge with {@code reason}, which is sent to both ends. Has no effect on a bridge that has ended. Does
     * not block.
     */
    void close(CloseReason reason);
}
