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
 * Invites by Azure IoT Hub: by direct method, or by cloud-to-device message. Thread-safe; no method blocks.
 *
 * <p>A direct method reaches a connected device at once and brings its answer back: status 0 or 200 accepts, any other rejects
 * with the payload's reason. Both of its timeouts lie inside the accept timeout, unless less than the 5 seconds are left that a
 * hub takes as the shortest: then the hub may wait for longer. A cloud-to-device message waits in the hub until the device
 * connects or the invitation expires, and brings no answer.
 *
 * <p>A device that the hub does not know, or that is not connected, is {@link io.github.wsbridge.spi.Signaller.Result.Unreachable};
 * a hub over its quota or rate gives {@link io.github.wsbridge.spi.Signaller.Result.Throttled}; one that cannot be reached or
 * refuses the credential, a failure. A method that the device does not answer in time leaves it to the accept timeout.
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
     * Starts to describe a signaller with a shared access key. The policy needs the permission {@code ServiceConnect}.
     *
     * @param connectionString {@code HostName=…;SharedAccessKeyName=…;SharedAccessKey=…}; a secret
     * @throws IllegalArgumentException if it is no such string
     */
    public static Builder builder(String connectionString) {
        return new Builder(connectionString);
    }

    /**
     * Starts to describe a signaller with an identity of Microsoft Entra ID, such as {@code DefaultAzureCredential} of
     * {@code azure-identity}. It needs the role {@code IoT Hub Data Contributor}, or the data actions to invoke direct methods
     * and to send cloud-to-device messages.
     *
     * @param hostName the hub: {@code NAME.azure-devices.net}
     */
    public static Builder builder(String hostName, TokenCredential credential) {
        return new Builder(hostName, credential);
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        if (HubDeviceId.possible(invitation.deviceId())) {
            carrier.carry(invitation, result);
        } else {
            result.complete(new Result.Unreachable("no IoT hub has a device of that id"));
        }
        return result.minimalCompletionStage();
    }

    /** How many invitations something is kept for. */
    int kept() {
        return carrier.kept();
    }

    /**
     * Takes nothing any more, and what waits fails. Direct methods under way end by themselves, within the time of their
     * invitations. Messages that the hub has not acknowledged fail, though it may have taken them.
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
                throw new IllegalArgumentException("not a connection string of an IoT hub's service side");
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

        /** Invites by cloud-to-device message; by default by direct method. */
        public Builder cloudToDevice() {
            cloudToDevice = true;
            return this;
        }

        /** The direct method; {@code Bridge} by default. */
        public Builder methodName(String name) {
            methodName = HubNames.methodName(name);
            return this;
        }

        /**
         * How long the hub waits for a device that is not connected, in whole seconds; 5 by default. It is part of the accept
         * timeout; the device's answer has the rest, which the hub wants to be 5 seconds at least.
         *
         * @throws IllegalArgumentException if it is negative or beyond the 300 seconds that a hub allows
         */
        public Builder connectTimeout(Duration timeout) {
            if (timeout.isNegative() || timeout.compareTo(MAX_TIMEOUT) > 0) {
                throw new IllegalArgumentException("a hub waits from 0 to 300 seconds");
            }
            connectTimeout = timeout;
            return this;
        }

        /**
         * How long the hub may take to acknowledge a message, and no other message either, before the connection is taken for
         * lost and made anew for the next; 10 seconds by default. With it all messages fail that are under way on it.
         */
        public Builder acknowledgeTimeout(Duration timeout) {
            if (timeout.compareTo(Duration.ZERO) <= 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
                throw new IllegalArgumentException("the timeout is more than nothing and at most 300 seconds");
            }
            acknowledgeTimeout = timeout;
            return this;
        }

        /** How many direct methods may be under way at once, each on a thread of its own; 64 by default. */
        public Builder maxConcurrent(int methods) {
            maxConcurrent = positive(methods);
            return this;
        }

        /**
         * How many invitations may wait, for a thread or, as messages, for the hub's acknowledgement; more are throttled. 1,000
         * by default.
         */
        public Builder maxWaiting(int invitations) {
            maxWaiting = positive(invitations);
            return this;
        }

        /** An HTTP proxy; messages then go over WebSocket. None by default. */
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
         * Keys and trust for messages; the SDK's by default. The certificate's name is checked in any case. Direct methods go
         * through {@code HttpsURLConnection}, whose trust is that of the system properties.
         */
        public Builder sslContext(SSLContext context) {
            sslContext = context;
            return this;
        }

        /** The clock; the system's by default. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** Runs timers, nothing that blocks; a daemon thread of its own by default. One that is given is not shut down. */
        public Builder scheduler(ScheduledExecutorService value) {
            scheduler = value;
            return this;
        }

        /** Makes the signaller. */
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
                        () -> {}, // the SDK renews these by itself
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
                throw new IllegalArgumentException("a bound is at least one");
            }
            return value;
        }
    }
}
