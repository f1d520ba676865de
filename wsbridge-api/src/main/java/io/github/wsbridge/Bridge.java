package io.github.wsbridge;

import java.util.concurrent.CompletionStage;

/**
 * One requester joined, or about to be joined, with one device. Thread-safe.
 *
 * <p>A bridge is first pending, then established, then closed; or it is closed straight away. Its owner is the node that
 * returned it.
 */
public interface Bridge {

    /** Its name, the same on every node that it crosses. */
    BridgeId id();

    /** The device that was asked for. */
    String deviceId();

    /**
     * Completes when the device is there. Fails with a {@link BridgeException} where the bridge ended before.
     * Completed on the thread that joined the legs: continuations must not block.
     */
    CompletionStage<Bridge> established();

    /** Completes, always normally, with the first reason why the bridge ended, once both legs have been told. */
    CompletionStage<CloseReason> closed();

    /** Payload bytes relayed from requester to device so far. */
    long bytesToDevice();

    /** Payload bytes relayed from device to requester so far. */
    long bytesToRequester();

    /** Ends the bridge: both ends are sent {@code reason}. No effect on a bridge that has ended. Does not block. */
    void close(CloseReason reason);
}
