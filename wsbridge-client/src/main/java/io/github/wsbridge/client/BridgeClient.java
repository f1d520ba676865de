package io.github.wsbridge.client;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Connector;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The requester: opens bridges to devices. Thread-safe; no method blocks. One client serves any number of bridges.
 *
 * <pre>{@code
 * try (BridgeClient client = BridgeClient.builder(URI.create("wss://bridge.example.com")).apiKey(key).build();
 *         BridgeChannel bridge = client.connect("device-1", "ssh").get()) {
 *     bridge.outputStream().write(...);
 * }
 * }</pre>
 */
public final class BridgeClient implements AutoCloseable {

    private final List<URI> servers;
    private final AtomicInteger next = new AtomicInteger();
    private final Dialer dialer;

    private BridgeClient(Builder builder) {
        servers = List.copyOf(builder.servers);
        dialer = new Dialer(builder.settings);
    }

    /**
     * Starts to describe a client of a bridge.
     *
     * @param server the base URL, such as {@code wss://bridge.example.com}; {@code http} and {@code https} are read as
     *     {@code ws} and {@code wss}
     * @throws IllegalArgumentException if it is no base URL
     */
    public static Builder builder(URI server) {
        return new Builder(server);
    }

    /** Like {@link #connect(String, String)} where there is nothing to tell the device. */
    public CompletableFuture<BridgeChannel> connect(String deviceId) {
        return connect(deviceId, "");
    }

    /**
     * Asks for a bridge to a device.
     *
     * @param deviceId the device
     * @param requestData what the device is told, such as the name of a service
     * @return completes when the device is there, on the client's executor, so continuations may block. Fails with a
     *     {@link io.github.wsbridge.BridgeException} that says why: {@link io.github.wsbridge.HandshakeException} where the
     *     server refused, 4403 where the device rejected, 4404 where it cannot be reached, 4408 where it was too late; with
     *     another {@code IOException} where no server was reached. Cancelling it ends the attempt.
     * @throws IllegalArgumentException if {@code deviceId} is no device id
     */
    public CompletableFuture<BridgeChannel> connect(String deviceId, String requestData) {
        return dialer.channel(urls(deviceId, requestData));
    }

    /**
     * Asks for a bridge to a device, as a leg, to be joined with another one.
     *
     * @return as {@link #connect(String, String)}, but it completes on a thread of the transport, where nothing may block
     * @throws IllegalArgumentException if {@code deviceId} is no device id
     */
    public CompletableFuture<BridgeLeg> leg(String deviceId, String requestData) {
        return dialer.bridge(urls(deviceId, requestData));
    }

    /** Where to ask, one after the other; servers take turns at being the first. */
    private List<URI> urls(String deviceId, String requestData) {
        BridgeRequest request = new BridgeRequest(deviceId, requestData);
        int first = Math.floorMod(next.getAndIncrement(), servers.size());
        List<URI> urls = new ArrayList<>();
        for (int i = 0; i < servers.size(); i++) {
            urls.add(Endpoints.connect(servers.get((first + i) % servers.size()), request));
        }
        return urls;
    }

    /** Closes its bridges with 1001 and fails what is pending. */
    @Override
    public void close() {
        dialer.close();
    }

    /** Settings of a client. Not thread-safe. */
    public static final class Builder {
        private final List<URI> servers = new ArrayList<>();
        private final Dialer.Settings settings = new Dialer.Settings();

        private Builder(URI server) {
            server(server);
        }

        /**
         * Adds another base URL of the same bridge. Connects take turns; where one cannot be reached or answers with a
         * status of 500 or above, the next is tried.
         */
        public Builder server(URI server) {
            servers.add(Endpoints.base(server));
            return this;
        }

        /** The key that shows who this is; none by default. Sent as {@link Endpoints#API_KEY_HEADER}; see {@link #header}. */
        public Builder apiKey(String key) {
            return header(Endpoints.API_KEY_HEADER, key);
        }

        /**
         * A further header field of each handshake; the value may be a secret.
         *
         * @throws IllegalArgumentException if the value holds a line break or another control character
         */
        public Builder header(String name, String value) {
            settings.header(name, value);
            return this;
        }

        /** Opens the WebSockets; a {@link JdkConnector} by default. One that is given here is not closed by the client. */
        public Builder connector(Connector connector) {
            settings.connector = connector;
            return this;
        }

        /** How long the handshake and the device's answer may take together; 45 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            settings.connectTimeout = timeout;
            return this;
        }

        /** How vanished peers are noticed; by default a look every 20 seconds, and 15 minutes for a stalled write. */
        public Builder keepAlive(Watch watch) {
            settings.watch = watch;
            return this;
        }

        /** Runs timers, nothing that blocks; a daemon thread of its own by default. One that is given is not shut down. */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            settings.scheduler = scheduler;
            return this;
        }

        /** Where futures complete; by default daemon threads, virtual ones where the JDK has them. */
        public Builder executor(Executor executor) {
            settings.executor = executor;
            return this;
        }

        /** Makes the client; it connects to nothing yet. */
        public BridgeClient build() {
            return new BridgeClient(this);
        }
    }
}
