package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.device.ConnectionStatusChangeContext;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import io.github.wsbridge.client.InvitationSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a device's client open and subscribed, on a thread of its own, since the SDK's calls block. The SDK tries again by itself
 * for as long as that makes sense; when it gives up, or cannot even begin, this does, after a random and growing pause.
 */
final class HubConnection {

    private static final Logger log = LoggerFactory.getLogger(HubConnection.class);
    private static final int SUBSCRIBE_MILLIS = 30_000;
    private static final long MIN_PAUSE_MILLIS = 1_000;
    private static final long MAX_PAUSE_MILLIS = 60_000;

    private final DeviceClient client;
    private final String deviceId;
    private final boolean shared;
    private final MethodCallback methods;
    private final MessageCallback messages;
    private final Semaphore lost = new Semaphore(0); // also wakes the thread to close
    private volatile boolean closed;

    HubConnection(
            DeviceClient client, String deviceId, boolean shared, MethodCallback methods, MessageCallback messages) {
        this.client = client;
        this.deviceId = deviceId;
        this.shared = shared;
        this.methods = methods;
        this.messages = messages;
    }

    void start(InvitationSource.Sink sink) {
        Thread thread = new Thread(() -> keep(sink), "wsbridge-iothub-device");
        thread.setDaemon(true);
        thread.start();
    }

    private void keep(InvitationSource.Sink sink) {
        long bound = MIN_PAUSE_MILLIS;
        try {
            while (!closed) {
                try {
                    subscribe();
                    log.debug("Device {} hears its IoT hub", deviceId);
                    bound = MIN_PAUSE_MILLIS;
                    sink.listening();
                    lost.acquire();
                } catch (IotHubClientException | RuntimeException e) {
                    log.warn("Device {} cannot hear its IoT hub and tries on: {}", deviceId, e.toString());
                }
                release();
                // Whoever closes gives a permit, and then there is no pause.
                if (!closed
                        && !lost.tryAcquire(ThreadLocalRandom.current().nextLong(bound + 1), TimeUnit.MILLISECONDS)) {
                    bound = Math.min(MAX_PAUSE_MILLIS, 2 * bound);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            release();
        }
    }

    private void subscribe() throws IotHubClientException, InterruptedException {
        client.setMessageCallback(messages, null);
        if (!shared) {
            client.setConnectionStatusChangeCallback(this::changed, null);
            client.open(true);
        }
        client.subscribeToMethods(methods, null, SUBSCRIBE_MILLIS);
    }

    private void changed(ConnectionStatusChangeContext change) {
        if (change.getNewStatus() == IotHubConnectionStatus.DISCONNECTED && !closed) {
            log.info("Device {} has lost its IoT hub: {}", deviceId, change.getNewStatusReason());
            lost.release();
        }
    }

    private void release() {
        if (!shared) {
            client.close();
        }
    }

    /** Lets the thread close the client and end. */
    void close() {
        closed = true;
        lost.release();
    }
}
