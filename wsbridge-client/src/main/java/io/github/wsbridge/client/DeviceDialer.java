package io.github.wsbridge.client;

import io.github.wsbridge.BridgeRequest;
import java.util.concurrent.CompletableFuture;
import javax.net.SocketFactory;

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

    /**
     * Returns a factory of sockets, for libraries that make their connections with one. Each socket is a stream to the
     * same target of the same device; it is opened by {@link java.net.Socket#connect}, and the address that is given
     * there is not used, except as the socket's remote address. A name that cannot be resolved will do.
     *
     * <p>The sockets keep what {@link java.net.Socket} promises: the time limit of connect, {@code SO_TIMEOUT}, both
     * kinds of shutdown, and a close that wakes blocked threads with a {@link java.net.SocketException}. Interrupts
     * have no effect, except on virtual threads, where one closes the socket. A device that rejects or cannot be
     * reached is a {@link java.net.ConnectException}, and an abnormal end of the stream a
     * {@link java.net.SocketException}, whose cause says why. There is no local address to bind to, no urgent data and
     * no {@link java.net.Socket#getChannel}. Of the options, only {@code SO_TIMEOUT} and a linger time of zero (close
     * by reset) have an effect; the others of TCP can be set and read back.
     *
     * @param deviceId the device
     * @param requestData data for the device, such as the name of a target
     * @throws IllegalArgumentException if {@code deviceId} is not a valid device id
     */
    default SocketFactory socketFactory(String deviceId, String requestData) {
        new BridgeRequest(deviceId, requestData); // throws if invalid
        return new BridgeSocketFactory(() -> leg(deviceId, requestData));
    }
}
