package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.wire.concurrent.Backoff;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device, which receives invitations over a listen socket that it keeps open, and passes each to a handler that
 * accepts or rejects it. Thread-safe; no method blocks.
 *
 * <p>When the listen socket ends, it is reopened after a random delay, whose upper bound doubles from the shortest to
 * the longest and is reset once a socket has lasted for five seconds. After the status 503 the delay is at most five
 * seconds; after a status from 400 to 499 (except 429), the longest delay is used. If a node that is about to stop
 * tells the device to move, a new socket is opened before the old one is closed. After 4409, which says that a newer
 * listener with the same device id has replaced this one, it tries again after half a minute to a minute, or half of
 * the longest delay to all of it if that is longer: two devices with one id take turns, and neither ends for good.
 *
 * <pre>{@code
 * BridgeDevice device = BridgeDevice.builder("device-1", URI.create("wss://bridge.example.com"), incoming -> {
 *     try (BridgeChannel bridge = incoming.accept().get()) {
 *         bridge.inputStream().transferTo(bridge.outputStream());
 *     }
 * }).apiKey(key).build().start();
 * }</pre>
 */
public final class BridgeDevice implements AutoCloseable {

    /** Handles invitations. */
    @FunctionalInterface
    public interface Handler {

        /**
         * Answers one invitation, now or later, and may run for as long as the bridge lasts. Called on the device's
         * executor; may block.
         *
         * @throws Exception on any failure: an unanswered invitation is then rejected with 500, an open bridge closed
         *     with 1011
         */
        void handle(IncomingBridge bridge) throws Exception;

        /**
         * Returns whether {@link #handle} may block, as it may by default. A handler that never does can be called
         * where threads are few, for each stream of a session.
         */
        default boolean mayBlock() {
            return true;
        }
    }

    private static final Logger log = LoggerFactory.getLogger(BridgeDevice.class);

    private final boolean daemon;
    private final Consumer<DeviceState> states;
    private final Dialer dialer;
    private final Reception reception;
    private final List<InvitationSource> sources;
    private final AtomicInteger running;
    private final CompletableFuture<Void> listening = new CompletableFuture<>();
    private final CompletableFuture<CloseReason> stopped = new CompletableFuture<>();

    private BridgeDevice(Builder builder) {
        daemon = builder.daemon;
        states = builder.states;
        Origins origins = new Origins(builder.servers, builder.allowedOrigins);
        Backoff backoff = new Backoff(builder.minPause, builder.maxPause, builder.random);
        dialer = new Dialer(builder.settings);
        reception = new Reception(builder.handler, dialer, origins, builder.maxBridges, builder.clock);
        sources = new ArrayList<>(builder.sources);
        if (builder.listen) {
            sources.add(0, new ListenSocket(dialer, builder.servers, builder.deviceId, backoff));
        }
        running = new AtomicInteger(sources.size());
    }

    /**
     * Returns a builder for a device.
     *
     * @param deviceId the device id: not empty, no control characters
     * @param server the base URL of the bridge, such as {@code wss://bridge.example.com}
     * @param handler answers invitations
     * @throws IllegalArgumentException if {@code deviceId} or {@code server} is invalid
     */
    public static Builder builder(String deviceId, URI server, Handler handler) {
        return new Builder(new BridgeRequest(deviceId).deviceId(), Endpoints.base(server), handler);
    }

    /**
     * Starts listening; to be called once. Unless the device is a {@linkplain Builder#daemon daemon}, the process stays
     * until the device is closed or {@link #stopped}.
     */
    public BridgeDevice start() {
        if (!daemon) {
            new Thread(stopped::join, "wsbridge-device").start();
        }
        sources.forEach(source -> source.start(new Door(source)));
        return this;
    }

    /**
     * Completes when the device can be reached for the first time, on a transport's thread. Fails with a
     * {@link BridgeException} if the device is {@link #stopped} before that.
     */
    public CompletionStage<Void> listening() {
        return listening.minimalCompletionStage();
    }

    /**
     * Completes normally when the device will not listen again: with {@link CloseReason#NORMAL} after {@link #close},
     * or with the reason for which the last of its {@linkplain Builder#source sources} has ended. Bridges may still be
     * open.
     */
    public CompletionStage<CloseReason> stopped() {
        return stopped.minimalCompletionStage();
    }

    /** Stops listening, rejects what has not been answered, and closes open bridges with 1001. */
    @Override
    public void close() {
        reception.close();
        sources.forEach(InvitationSource::close);
        dialer.close();
        stop(CloseReason.normal());
    }

    private void stop(CloseReason reason) {
        if (stopped.complete(reason)) {
            tell(new DeviceState.Stopped(reason));
        }
        listening.completeExceptionally(new BridgeException(reason));
    }

    private void tell(DeviceState state) {
        try {
            states.accept(state);
        } catch (Throwable e) { // even an Error must not end the listening: the next attempt is yet to be scheduled
            log.warn("A listener to a device's state failed", e);
        }
    }

    /** Receives the events of a source. */
    private final class Door implements InvitationSource.Sink {
        private final InvitationSource source;

        Door(InvitationSource source) {
            this.source = source;
        }

        @Override
        public void listening() {
            listening.complete(null);
            tell(new DeviceState.Listening());
        }

        @Override
        public void state(DeviceState state) {
            if (!stopped.isDone()) {
                tell(state);
            }
        }

        @Override
        public void ended(CloseReason reason) {
            if (running.decrementAndGet() == 0) {
                stop(reason);
            }
        }

        @Override
        public CompletionStage<Answer> offer(Invitation invitation) {
            return reception.receive(invitation, source);
        }

        @Override
        public void withdrawn(BridgeToken token) {
            reception.withdraw(token);
        }
    }

    /** Settings of a device; all optional. Not thread-safe. */
    public static final class Builder {
        private final String deviceId;
        private final List<URI> servers = new ArrayList<>();
        private final Handler handler;
        private final Dialer.Settings settings = new Dialer.Settings();
        private final List<URI> allowedOrigins = new ArrayList<>();
        private final List<InvitationSource> sources = new ArrayList<>();
        private boolean listen = true;
        private boolean daemon;
        private Consumer<DeviceState> states = state -> {};
        private Duration minPause = Duration.ofSeconds(1);
        private Duration maxPause = Duration.ofMinutes(1);
        private int maxBridges = 100;
        private RandomGenerator random = new SecureRandom();
        private InstantSource clock = InstantSource.system();

        private Builder(String deviceId, URI server, Handler handler) {
            this.deviceId = deviceId;
            servers.add(server);
            this.handler = handler;
        }

        /**
         * Adds another base URL of the same bridge service. If the device cannot listen at one, or loses it, it tries
         * the next; accept URLs of all are opened.
         *
         * @throws IllegalArgumentException if it is not a base URL
         */
        public Builder server(URI server) {
            servers.add(Endpoints.base(server));
            return this;
        }

        /**
         * Sets what learns of the device's attempts to be reachable. It is called on threads of the device and its
         * transports, in the order of events for each secondary channel, and must not block.
         */
        public Builder onState(Consumer<DeviceState> listener) {
            states = listener;
            return this;
        }

        /**
         * Sets whether the process may end although the device listens; false by default, so that a program whose
         * {@code main} only starts a device goes on.
         */
        public Builder daemon(boolean daemon) {
            this.daemon = daemon;
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
         * Sets what opens the WebSockets; a {@link JdkConnector} by default. The device does not close a connector
         * given here.
         */
        public Builder connector(Connector connector) {
            settings.connector = connector;
            return this;
        }

        /**
         * Sets what records how bridges are set up; nothing by default, but the trace that came with an invitation is
         * passed on. The span of an invitation is the current one of the thread that calls the handler.
         */
        public Builder tracer(SetupTracer tracer) {
            settings.tracer = tracer;
            return this;
        }

        /** Sets the time limit for a handshake and, for a bridge, its establishment; 45 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            settings.connectTimeout = timeout;
            return this;
        }

        /**
         * Sets how vanished peers of bridges and of the listen socket are detected; by default, a check every 13
         * seconds, every 2.5 on the listen socket, and 24 hours for a stalled write.
         */
        public Builder keepAlive(Watch watch) {
            settings.watch = watch;
            settings.listenWatch = watch;
            return this;
        }

        /**
         * Sets how often the listen socket is checked, 2.5 seconds by default. Within three times this, the device
         * detects that its node has frozen, and listens elsewhere. Each check costs a small frame in either direction,
         * or two. Call this after {@link #keepAlive}, which sets it, too.
         */
        public Builder listenKeepAlive(Duration interval) {
            settings.listenWatch = new Watch(interval, settings.listenWatch.stall());
            return this;
        }

        /**
         * Sets the bounds of the random delay before the listen socket is reopened; 1 second and 1 minute by default.
         */
        public Builder backoff(Duration shortest, Duration longest) {
            minPause = shortest;
            maxPause = longest;
            return this;
        }

        /** Sets the source of randomness for the delays; a {@code SecureRandom} by default. */
        public Builder random(RandomGenerator random) {
            this.random = random;
            return this;
        }

        /** Sets the clock for the expiry of invitations; the system clock by default. */
        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /**
         * Sets the maximum number of bridges, offered and open; 100 by default. Up to 1,000 further ones wait for a
         * place, and are rejected with 503 shortly before their invitations expire. Bridges with the same request data
         * that are not established may take at most three quarters of what others leave free, of the places as well as
         * of the line.
         */
        public Builder maxBridges(int max) {
            maxBridges = max;
            return this;
        }

        /**
         * Adds another server whose accept URLs the device opens. By default, it opens only those of its own servers,
         * because a handshake carries the device's key. An unencrypted server is refused if the device's own server is
         * encrypted.
         */
        public Builder allowOrigin(URI origin) {
            allowedOrigins.add(origin);
            return this;
        }

        /** Adds a secondary channel; the device starts and closes it. */
        public Builder source(InvitationSource source) {
            sources.add(source);
            return this;
        }

        /** Sets whether to keep a listen socket open; true by default. */
        public Builder listen(boolean listen) {
            this.listen = listen;
            return this;
        }

        /**
         * Sets the scheduler for timers, which never block; by default, a separate daemon thread. The device does not
         * shut down a scheduler given here.
         */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            settings.scheduler = scheduler;
            return this;
        }

        /**
         * Sets where the handler runs and futures complete; by default, daemon threads, virtual if the JDK supports
         * them.
         */
        public Builder executor(Executor executor) {
            settings.executor = executor;
            return this;
        }

        /**
         * Builds the device; {@link BridgeDevice#start} starts it.
         *
         * @throws IllegalArgumentException if the backoff or an allowed origin is invalid
         */
        public BridgeDevice build() {
            return new BridgeDevice(this);
        }
    }
}
