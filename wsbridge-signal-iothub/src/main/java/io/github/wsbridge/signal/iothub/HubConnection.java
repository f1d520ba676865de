package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.device.ConnectionStatusChangeContext;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeReason;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import io.github.wsbridge.client.InvitationSource;
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a device's client open and subscribed, on a thread of its own, since the SDK's calls block. The SDK tries again by itself
 * for as long as that makes sense; when it gives up, or cannot even begin, this does, after a random and growing pause.
 */
final class HubConnection {

    private static final Logger log = LoggerFactory.getLogger(HubConnection.class);
    private static final int SUBSCRIBE_MILLIS = 30_000;
    private static final Duration MIN_PAUSE = Duration.ofSeconds(1);
    private static final Duration MAX_PAUSE = Duration.ofMinutes(1);

    private final DeviceClient client;
    private final String deviceId;
    private final boolean shared;
    private final MethodCallback methods;
    private final MessageCallback messages;
    private final Backoff backoff;
    private final Semaphore lost = new Semaphore(0); // also wakes the thread to close
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Thread opening; // inside the SDK's blocking calls; guarded by this

    HubConnection(
            DeviceClient client,
            String deviceId,
            boolean shared,
            MethodCallback methods,
            MessageCallback messages,
            RandomGenerator random) {
        this.client = client;
        this.deviceId = deviceId;
        this.shared = shared;
        this.methods = methods;
        this.messages = messages;
        this.backoff = new Backoff(MIN_PAUSE, MAX_PAUSE, random);
    }

    void start(InvitationSource.Sink sink) {
        Daemons.start("wsbridge-iothub-device", () -> keep(sink));
    }

    private void keep(InvitationSource.Sink sink) {
        try {
            do {
                try {
                    if (hear(sink)) {
                        backoff.reset();
                    }
                } finally {
                    release();
                }
            } while (!closed.await(backoff.next().toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed while it was opening
        }
    }

    /** Subscribes, and waits until that is over; tells whether it came about. */
    private boolean hear(InvitationSource.Sink sink) throws InterruptedException {
        try {
            lost.drainPermits(); // what ended before
            if (!subscribe()) {
                return false;
            }
            log.debug("Device {} hears its IoT hub", deviceId);
            sink.listening();
            lost.acquire();
            return true;
        } catch (IotHubClientException | RuntimeException e) {
            if (!isClosed()) {
                log.warn("Device {} cannot hear its IoT hub and tries on: {}", deviceId, e.toString());
            }
            return false;
        }
    }

    /** Tells whether the source was still open then. */
    private boolean subscribe() throws IotHubClientException, InterruptedException {
        synchronized (this) {
            if (isClosed()) {
                return false;
            }
            opening = Thread.currentThread();
        }
        try {
            client.setMessageCallback(messages, null);
            if (!shared) {
                client.setConnectionStatusChangeCallback(this::changed, null);
                client.open(true);
            }
            client.subscribeToMethods(methods, null, SUBSCRIBE_MILLIS);
        } finally {
            synchronized (this) {
                opening = null;
                Thread.interrupted(); // the client can be closed only without
            }
        }
        return !isClosed();
    }

    /** That this has closed the client is no news; where it was, there would be no pause before the next try. */
    private void changed(ConnectionStatusChangeContext change) {
        if (change.getNewStatus() == IotHubConnectionStatus.DISCONNECTED
                && change.getNewStatusReason() != IotHubConnectionStatusChangeReason.CLIENT_CLOSE) {
            log.info("Device {} has lost its IoT hub: {}", deviceId, change.getNewStatusReason());
            lost.release();
        }
    }

    private void release() {
        if (!shared) {
            try {
                client.close();
            } catch (RuntimeException e) {
                log.warn("The client of device {} failed to close", deviceId, e);
            }
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** Lets the thread close the client and end, also where the SDK is still trying to open it. */
    void close() {
        closed.countDown();
        lost.release();
        boolean stuck;
        synchronized (this) {
            stuck = opening != null;
            if (opening != null) {
                opening.interrupt(); // wakes it from its pauses
            }
        }
        if (stuck) {
            Daemons.start(
                    "wsbridge-iothub-device-closer", this::release); // tells it to try no more, and waits for that
        }
    }
}
