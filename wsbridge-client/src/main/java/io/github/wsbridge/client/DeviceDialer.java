package io.github.wsbridge.client;

import java.util.concurrent.CompletableFuture;

/**
 * Opens byte streams to devices, as legs. A {@link BridgeClient} opens a bridge for each; what lies above bridges, such
 * as encryption from end to end or many streams on one bridge, implements this interface by means of another dialer.
 * Implementations are thread-safe.
 */
@FunctionalInterface
public interface DeviceDialer {

    /**
     * Opens a stream to a device. Does not block.
     *
     * @param deviceId the device
     * @param requestData data for the device, such as the name of a target
     * @return completes with the stream on a thread of the transport, where nothing may block. Fails with a
     *     {@link io.github.wsbridge.BridgeException} that gives the reason: 4403 if the device rejected, 4404 if it
     *     cannot be reached, 4408 if it did not answer in time; or with another {@code IOException} if no server was
     *     reached. Cancelling the future ends the attempt.
     * @throws IllegalArgumentException if {@code deviceId} is not a valid device id
     */
    CompletableFuture<BridgeLeg> leg(String deviceId, String requestData);
}
