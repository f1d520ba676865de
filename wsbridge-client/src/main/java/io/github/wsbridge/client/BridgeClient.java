package io.github.wsbridge.client;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Step;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A requester, which opens bridges to devices. Thread-safe; no method blocks. One client can open any number of
 * bridges.
 *
 * <pre>{@code
 * try (BridgeClient client = BridgeClient.builder(URI.create("wss://bridge.example.com")).apiKey(key).build();
 *         BridgeChannel bridge = client.connect("device-1", "ssh").get()) {
 *     bridge.outputStream().write(...);
 * }
 * }</pre>
 */
public final class BridgeClient implements DeviceDialer, AutoCloseable {

    private final List<URI> servers;
    private final AtomicInteger next = new AtomicInteger();
    private final Dialer dialer;
    private final String reason;

    private BridgeClient(Builder builder) {
        reason = builder.reason;
        servers = List.copyOf(builder.servers);
        dialer = new Dialer(builder.settings);
    }

    /**
     * Returns a builder for a client.
     *
     * @param server the base URL, such as {@code wss://bridge.example.com}; {@code http} and {@code https} are treated
     *     as {@code ws} and {@code wss}
     * @throws IllegalArgumentException if {@code server} is not a base URL
     */
    public static Builder builder(URI server) {
        return new Builder(server);
    }

    /** Like {@link #connect(String, String)} with empty request data. */
    public CompletableFuture<BridgeChannel> connect(String deviceId) {
        return connect(deviceId, "");
    }

    /**
     * Requests a bridge to a device.
     *
     * @param deviceId the device
     * @param requestData data for the device, such as the name of a service
     * @return completes when the bridge is established, on the client's executor, so continuations may block. Fails
     *     with a {@link io.github.wsbridge.BridgeException} that gives the reason:
     *     {@link io.github.wsbridge.HandshakeException} if the server refused, 4403 if the device rejected, 4404 if it
     *     cannot be reached, 4408 if it did not connect in time; or with another {@code IOException} if no server was
     *     reached. Cancelling the future ends the attempt.
     * @throws IllegalArgumentException if {@code deviceId} is not a valid device id
     */
    public CompletableFuture<BridgeChannel> connect(String deviceId, String requestData) {
        List<URI> urls = urls(deviceId, requestData);
        return dialer.channel(urls, "", span(deviceId, urls));
    }

    /**
     * Asks for a bridge to a device, as a leg, to be joined with another one.
     *
     * @return as {@link #connect(String, String)}, but it completes on a thread of the transport, where nothing may
     * block
     * @throws IllegalArgumentException if {@code deviceId} is no device id
     */
    @Override
    public CompletableFuture<BridgeLeg> leg(String deviceId, String requestData) {
        List<URI> urls = urls(deviceId, requestData);
        return dialer.bridge(urls, "", span(deviceId, urls));
    }

    /**
     * Asks for the bridge that a signed URL permits, as {@link #leg} does, but at the servers of this client.
     *
     * @param query the signed URL's query, as it came; a secret
     * @throws IllegalArgumentException if it cannot be part of a URL
     */
    public CompletableFuture<BridgeLeg> signedLeg(String query) {
        List<URI> urls;
        try {
            urls = inTurn(server -> URI.create(Endpoints.base(server) + Endpoints.CONNECT + "?" + query));
        } catch (IllegalArgumentException e) { // its message quotes the secret
            throw new IllegalArgumentException("the query cannot be part of a URL");
        }
        return dialer.bridge(urls, "", span("", urls));
    }

    private SetupTracer.Span span(String deviceId, List<URI> urls) {
        Step step = new Step(Kind.REQUEST, null, deviceId, urls.get(0).getRawAuthority());
        return dialer.tracer().start(step, TraceContext.NONE, TraceContext.NONE);
    }

    /** Where to ask, one after the other; servers take turns at being the first. */
    private List<URI> urls(String deviceId, String requestData) {
        BridgeRequest request = new BridgeRequest(deviceId, requestData, reason);
        return inTurn(server -> Endpoints.connect(server, request));
    }

    private List<URI> inTurn(UnaryOperator<URI> url) {
        int first = Math.floorMod(next.getAndIncrement(), servers.size());
        List<URI> urls = new ArrayList<>();
        for (int i = 0; i < servers.size(); i++) {
            urls.add(url.apply(servers.get((first + i) % servers.size())));
        }
        return urls;
    }

    /** Closes open bridges with 1001 and fails pending ones. */
    @Override
    public void close() {
        dialer.close();
    }

    /** Settings of a client. Not thread-safe. */
    public static final class Builder {
        private final List<URI> servers = new ArrayList<>();
        private final Dialer.Settings settings = new Dialer.Settings();
        private String reason = "";

        private Builder(URI server) {
            server(server);
        }

        /**
         * Adds another base URL of the same bridge service. Connections use the URLs in turn. If a server cannot be
         * reached or answers with a status of 500 or above, the next one is tried.
         */
        public Builder server(URI server) {
            servers.add(Endpoints.base(server));
            return this;
        }

        /** Sets the API key, sent as {@link Endpoints#API_KEY_HEADER}; none by default. See {@link #header}. */
        public Builder apiKey(String key) {
            return header(Endpoints.API_KEY_HEADER, key);
        }

        /**
         * Adds a header field to each handshake; the value may be a secret.
         *
         * @throws IllegalArgumentException if the value contains a line break or another control character
         */
        public Builder header(String name, String value) {
            settings.headers.set(name, value);
            return this;
        }

        /** Like {@link #apiKey(String)}, with a key that may change; see {@link #header(String, Supplier)}. */
        public Builder apiKey(Supplier<String> key) {
            return header(Endpoints.API_KEY_HEADER, key);
        }

        /**
         * Adds a header field whose value may change, such as a token that expires. It is asked for before each
         * handshake, on the thread that connects, and must not block; an empty value leaves the field out. If it
         * throws, or the value cannot be sent, the handshake fails.
         */
        public Builder header(String name, Supplier<String> value) {
            settings.headers.set(name, value);
            return this;
        }

        /**
         * Sets what opens the WebSockets; a {@link JdkConnector} by default. The client does not close a connector
         * given here.
         */
        public Builder connector(Connector connector) {
            settings.connector = connector;
            return this;
        }

        /** Sets what records how bridges are set up, and continues the caller's trace; nothing by default. */
        public Builder tracer(SetupTracer tracer) {
            settings.tracer = tracer;
            return this;
        }

        /** Sets the time limit for the handshake and the device's answer together; 45 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            settings.connectTimeout = timeout;
            return this;
        }

        /**
         * Sets how vanished peers are detected; by default, a check every 13 seconds and 24 hours for a stalled
         * write.
         */
        public Builder keepAlive(Watch watch) {
            settings.watch = watch;
            return this;
        }

        /**
         * Sets the scheduler for timers, which never block; by default, a separate daemon thread. The client does not
         * shut down a scheduler given here.
         */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            settings.scheduler = scheduler;
            return this;
        }

        /** Sets where futures complete; by default, daemon threads, virtual if the JDK supports them. */
        public Builder executor(Executor executor) {
            settings.executor = executor;
            return this;
        }

        /**
         * Says why bridges are requested, for people at the device; empty by default. Nodes before 0.2 do not pass it
         * on.
         *
         * @throws IllegalArgumentException if it is longer than {@value BridgeRequest#MAX_REASON} bytes of UTF-8, or
         *     contains a control character
         */
        public Builder reason(String reason) {
            this.reason = new BridgeRequest("any", "", reason).reason();
            return this;
        }

        /** Builds the client, which does not connect yet. */
        public BridgeClient build() {
            return new BridgeClient(this);
        }
    }
}
