package io.github.wsbridge.signal.iothub;

import com.azure.core.credential.TokenCredential;
import com.microsoft.azure.sdk.iot.service.ProxyOptions;
import com.microsoft.azure.sdk.iot.service.auth.IotHubConnectionStringBuilder;
import com.microsoft.azure.sdk.iot.service.auth.IotHubSSLContext;
import com.microsoft.azure.sdk.iot.service.messaging.IotHubServiceClientProtocol;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClientOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClientOptions;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.net.NamedTls;
import java.net.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.IntFunction;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Sends invitations through Azure IoT Hub, by direct method or by cloud-to-device message. Thread-safe; no method
 * blocks.
 *
 * <p>A direct method reaches a connected device immediately and returns its answer: status 0 or 200 accepts, any other
 * status rejects with the payload's reason. Both of its timeouts end within the accept timeout, unless less than 5
 * seconds are left, a hub's minimum: then the hub may wait longer. A cloud-to-device message waits in the hub until the
 * device connects or the invitation expires, and returns no answer.
 *
 * <p>The result is {@link io.github.wsbridge.spi.Signaller.Result.Unreachable} for a device that is unknown to the hub
 * or not connected, {@link io.github.wsbridge.spi.Signaller.Result.Throttled} for a hub over its quota or rate, and a
 * failure for a hub that cannot be reached or refuses the credential. If a device does not answer a method in time, the
 * accept timeout decides.
 */
public final class IotHubSignaller implements Signaller {

    private static final int KEEP_ALIVE_SECONDS = 60;
    private static final Duration MAX_TIMEOUT = Duration.ofSeconds(300);

    private final String hostName;
    private final Carrier carrier;
    private final Timers timers;

    IotHubSignaller(String hostName, Carrier carrier, Timers timers) {
        this.hostName = hostName;
        this.carrier = carrier;
        this.timers = timers;
    }

    /**
     * Returns a builder for a signaller with a shared access key. Its policy needs the permission
     * {@code ServiceConnect}.
     *
     * @param connectionString {@code HostName=…;SharedAccessKeyName=…;SharedAccessKey=…}; a secret
     * @throws IllegalArgumentException if it is not such a string
     */
    public static Builder builder(String connectionString) {
        return new Builder(connectionString);
    }

    /**
     * Returns a builder for a signaller with a Microsoft Entra ID identity, such as {@code DefaultAzureCredential} of
     * {@code azure-identity}. The identity needs the role {@code IoT Hub Data Contributor}, or the data actions to
     * invoke direct methods and to send cloud-to-device messages.
     *
     * @param hostName the hub: {@code NAME.azure-devices.net}
     */
    public static Builder builder(String hostName, TokenCredential credential) {
        return new Builder(hostName, credential);
    }

    @Override
    public String channel() {
        return "iothub";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        if (HubDeviceId.possible(invitation.deviceId())) {
            carrier.carry(invitation, result);
        } else {
            result.complete(new Result.Unreachable("an IoT hub cannot have a device with this id"));
        }
        return result.minimalCompletionStage();
    }

    /** The number of invitations for which state is kept. */
    int kept() {
        return carrier.kept();
    }

    /**
     * Accepts no further invitations and fails the waiting ones. Direct methods in progress end on their own, within
     * the lifetime of their invitations. Messages that the hub has not acknowledged fail, although it may have accepted
     * them.
     */
    @Override
    public void close() {
        carrier.close();
        timers.close();
    }

    @Override
    public String toString() {
        return "IotHubSignaller[" + hostName + "]";
    }

    /** Settings of a signaller; all optional. Not thread-safe. */
    public static final class Builder {
        private final String hostName;
        private final @Nullable String connectionString;
        private final @Nullable TokenCredential credential;
        private boolean cloudToDevice;
        private String methodName = HubNames.METHOD;
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration acknowledgeTimeout = Duration.ofSeconds(10);
        private int maxConcurrent = 64;
        private int maxWaiting = 1000;
        private @Nullable Proxy proxy;
        private @Nullable SSLContext sslContext;
        private boolean webSocket;
        private InstantSource clock = InstantSource.system();
        private @Nullable ScheduledExecutorService scheduler;

        private Builder(String connectionString) {
            try {
                this.hostName = IotHubConnectionStringBuilder.createIotHubConnectionString(connectionString)
                        .getHostName();
            } catch (RuntimeException e) {
                throw new IllegalArgumentException("not a service connection string of an IoT hub");
            }
            this.connectionString = connectionString;
            this.credential = null;
        }

        private Builder(String hostName, TokenCredential credential) {
            if (!hostName.matches("[A-Za-z0-9_.-]+")) {
                throw new IllegalArgumentException("not the host name of an IoT hub");
            }
            this.hostName = hostName;
            this.connectionString = null;
            this.credential = credential;
        }

        /** Sends invitations by cloud-to-device message instead of direct method. */
        public Builder cloudToDevice() {
            cloudToDevice = true;
            return this;
        }

        /** Sets the name of the direct method; {@code Bridge} by default. */
        public Builder methodName(String name) {
            methodName = HubNames.methodName(name);
            return this;
        }

        /**
         * Sets how long the hub waits for a device that is not connected, in whole seconds; 5 by default. This is part
         * of the accept timeout; the rest, for which the hub requires at least 5 seconds, is for the device's answer.
         *
         * @throws IllegalArgumentException if it is negative or exceeds a hub's maximum of 300 seconds
         */
        public Builder connectTimeout(Duration timeout) {
            if (timeout.isNegative() || timeout.compareTo(MAX_TIMEOUT) > 0) {
                throw new IllegalArgumentException("the connect timeout must be between 0 and 300 seconds");
            }
            connectTimeout = timeout;
            return this;
        }

        /**
         * Sets how long the hub may leave a message unacknowledged, without acknowledging any other message, before the
         * connection is considered lost and reopened for the next message; 10 seconds by default. All messages in
         * flight on that connection then fail.
         */
        public Builder acknowledgeTimeout(Duration timeout) {
            if (timeout.compareTo(Duration.ZERO) <= 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
                throw new IllegalArgumentException("the acknowledge timeout must be positive and at most 300 seconds");
            }
            acknowledgeTimeout = timeout;
            return this;
        }

        /** Sets the maximum number of concurrent direct methods, each of which uses one thread; 64 by default. */
        public Builder maxConcurrent(int methods) {
            maxConcurrent = positive(methods);
            return this;
        }

        /**
         * Sets the maximum number of invitations waiting for a thread or, for messages, for the hub's acknowledgement;
         * further ones are throttled. 1,000 by default.
         */
        public Builder maxWaiting(int invitations) {
            maxWaiting = positive(invitations);
            return this;
        }

        /** Sets an HTTP proxy; messages are then sent over WebSocket. None by default. */
        public Builder proxy(Proxy value) {
            proxy = value;
            return this;
        }

        /** Sends messages over WebSocket, port 443, instead of AMQP, port 5671. */
        public Builder webSocket() {
            webSocket = true;
            return this;
        }

        /**
         * Sets keys and trust for messages; the SDK's by default. The certificate's name is always checked. Direct
         * methods use {@code HttpsURLConnection}, whose trust store is set by system properties.
         */
        public Builder sslContext(SSLContext context) {
            sslContext = context;
            return this;
        }

        /** Sets the clock; the system clock by default. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /**
         * Sets the scheduler for timers, which never block; by default, a separate daemon thread. A scheduler given
         * here is not shut down.
         */
        public Builder scheduler(ScheduledExecutorService value) {
            scheduler = value;
            return this;
        }

        /** Builds the signaller. */
        public IotHubSignaller build() {
            Timers timers = new Timers(scheduler);
            Carrier carrier = cloudToDevice
                    ? messages(timers)
                    : new MethodCarrier(
                            methods(), methodName, connectTimeout, maxConcurrent, maxWaiting, clock, timers);
            return new IotHubSignaller(hostName, carrier, timers);
        }

        private IntFunction<DirectMethodsClient> methods() {
            ProxyOptions through = proxy == null ? null : new ProxyOptions(proxy);
            return seconds -> {
                DirectMethodsClientOptions options = DirectMethodsClientOptions.builder()
                        .httpConnectTimeoutSeconds(MethodCarrier.httpConnectSeconds(seconds))
                        .httpReadTimeoutSeconds(seconds)
                        .proxyOptions(through)
                        .build();
                return connectionString == null
                        ? new DirectMethodsClient(hostName, credential, options)
                        : new DirectMethodsClient(connectionString, options);
            };
        }

        private Carrier messages(Timers timers) {
            IotHubServiceClientProtocol protocol = webSocket || proxy != null
                    ? IotHubServiceClientProtocol.AMQPS_WS
                    : IotHubServiceClientProtocol.AMQPS;
            SSLContext trust = sslContext == null ? new IotHubSSLContext().getSSLContext() : sslContext;
            MessagingClientOptions options = MessagingClientOptions.builder()
                    .proxyOptions(proxy == null ? null : new ProxyOptions(proxy))
                    .sslContext(NamedTls.of(trust, hostName))
                    .keepAliveInterval(KEEP_ALIVE_SECONDS)
                    .build();
            if (connectionString == null) {
                return new MessageCarrier(
                        () -> new MessagingClient(hostName, credential, protocol, options),
                        () -> {}, // the SDK renews these itself
                        acknowledgeTimeout,
                        maxWaiting,
                        clock,
                        timers);
            }
            SharedAccess access = SharedAccess.of(connectionString);
            return new MessageCarrier(
                    () -> new MessagingClient(hostName, access.credential(), protocol, options),
                    () -> access.refresh(clock.instant()),
                    acknowledgeTimeout,
                    maxWaiting,
                    clock,
                    timers);
        }

        private static int positive(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("a limit must be at least 1");
            }
            return value;
        }
    }
}
