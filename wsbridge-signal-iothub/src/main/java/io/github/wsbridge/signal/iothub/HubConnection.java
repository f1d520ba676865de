package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.device.ConnectionStatusChangeContext;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeReason;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.Reasons;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a device's client connected and subscribed. The SDK's calls block, so they have a thread of their own. The SDK
 * reconnects by itself; when it stops trying, or has never connected, this class tries again after a random, growing
 * delay.
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
    private final Semaphore lost = new Semaphore(0); // also wakes the thread on close
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile String why = "";
    private boolean quiet; // only the first failure is logged as a warning; used by the thread
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
            } while (!closed.await(pause(sink).toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed while it was opening
        }
    }

    private Duration pause(InvitationSource.Sink sink) {
        Duration pause = backoff.next();
        if (!isClosed()) {
            sink.state(new DeviceState.Retrying("its IoT hub", why, pause));
        }
        return pause;
    }

    /** Returns what failed, which the SDK often says only in the last of a chain of causes. */
    private static String words(Throwable failure) {
        Throwable last = failure;
        while (last.getCause() != null && last.getCause() != last) {
            last = last.getCause();
        }
        String first = failure instanceof IotHubClientException hub
                ? hub.getStatusCode() + " " + hub.getMessage()
                : failure.toString();
        return last == failure ? first : first + ": " + Reasons.of(last);
    }

    /** Subscribes and waits until the connection is lost; returns whether the subscription succeeded. */
    private boolean hear(InvitationSource.Sink sink) throws InterruptedException {
        try {
            lost.drainPermits(); // earlier losses
            if (!subscribe()) {
                return false;
            }
            log.debug("Device {} is connected to its IoT hub", deviceId);
            quiet = false;
            sink.listening();
            lost.acquire();
            return true;
        } catch (IotHubClientException | RuntimeException | Error e) {
            if (!isClosed()) {
                why = words(e);
                if (quiet) {
                    log.debug("Device {} cannot connect to its IoT hub: {}", deviceId, why);
                } else {
                    log.warn("Device {} cannot connect to its IoT hub and keeps trying: {}", deviceId, why);
                }
                quiet = true;
            }
            return false;
        }
    }

    /** Returns whether the source was still open afterwards. */
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
                client.open(false); // with retries, the SDK would be silent about them for minutes
            }
            client.subscribeToMethods(methods, null, SUBSCRIBE_MILLIS);
        } finally {
            synchronized (this) {
                opening = null;
                Thread.interrupted(); // the client can only be closed with the flag cleared
            }
        }
        return !isClosed();
    }

    /**
     * Ignores that this class has closed the client itself; otherwise there would be no delay before the next attempt.
     */
    private void changed(ConnectionStatusChangeContext change) {
        if (change.getNewStatus() == IotHubConnectionStatus.DISCONNECTED
                && change.getNewStatusReason() != IotHubConnectionStatusChangeReason.CLIENT_CLOSE) {
            log.info("Device {} has lost the connection to its IoT hub: {}", deviceId, change.getNewStatusReason());
            why = "the connection was lost: " + change.getNewStatusReason();
            lost.release();
        }
    }

    private void release() {
        if (!shared) {
            try {
                client.close();
            } catch (RuntimeException | Error e) { // which must not end the thread that tries again
                log.warn("The client of device {} failed to close", deviceId, e);
            }
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** Makes the thread close the client and end, even while the SDK is still opening it. */
    void close() {
        closed.countDown();
        lost.release();
        boolean stuck;
        synchronized (this) {
            stuck = opening != null;
            if (opening != null) {
                opening.interrupt(); // ends its delays
            }
        }
        if (stuck) {
            Daemons.start("wsbridge-iothub-device-closer", this::release); // stops its retries, and waits for that
        }
    }
}
