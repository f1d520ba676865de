package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Watch;
import io.github.wsbridge.client.InvitationSource.Answer;
import io.github.wsbridge.spi.Connector;
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
import java.util.random.RandomGenerator;

/**
 * The device: hears invitations, by a listen socket that it keeps open, and gives each to a handler that accepts or rejects.
 * Thread-safe; no method blocks.
 *
 * <p>When the listen socket ends, it is opened again after a random pause whose bound doubles from the shortest to the longest
 * and begins anew once a socket has lasted as long as the longest pause. A server that answers with a status from 400 to 499
 * (but 429) is tried at the longest pause only. The one end that is final is 4409: a newer listener of the same device id has
 * taken its place, and coming back would only drive that one out; {@link #stopped} tells.
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

    /** Answers invitations. */
    @FunctionalInterface
    public interface Handler {

        /**
         * Answers one invitation, now or later, and may stay for as long as the bridge lasts. Called on the device's
         * executor; may block.
         *
         * @throws Exception whatever it likes: an invitation without an answer is rejected with 500, a bridge is closed with
         *     1011
         */
        void handle(IncomingBridge bridge) throws Exception;
    }

    private final Dialer dialer;
    private final Reception reception;
    private final List<InvitationSource> sources;
    private final AtomicInteger running;
    private final CompletableFuture<Void> listening = new CompletableFuture<>();
    private final CompletableFuture<CloseReason> stopped = new CompletableFuture<>();

    private BridgeDevice(Builder builder) {
        Origins origins = new Origins(builder.server, builder.allowedOrigins);
        Backoff backoff = new Backoff(builder.minPause, builder.maxPause, builder.random);
        dialer = new Dialer(builder.settings);
        reception = new Reception(builder.handler, dialer, origins, builder.maxBridges, builder.clock);
        sources = new ArrayList<>(builder.sources);
        if (builder.listen) {
            sources.add(0, new ListenSocket(dialer, builder.server, builder.deviceId, backoff));
        }
        running = new AtomicInteger(sources.size());
    }

    /**
     * Starts to describe a device.
     *
     * @param deviceId its name: not empty, no control characters
     * @param server the base URL of the bridge, such as {@code wss://bridge.example.com}
     * @param handler answers its invitations
     * @throws IllegalArgumentException if one of the first two is not what it should be
     */
    public static Builder builder(String deviceId, URI server, Handler handler) {
        return new Builder(new BridgeRequest(deviceId).deviceId(), Endpoints.base(server), handler);
    }

    /** Begins to listen; to be called once. */
    public BridgeDevice start() {
        sources.forEach(source -> source.start(new Door(source)));
        return this;
    }

    /**
     * Completes when the device can be reached for the first time, on a transport's thread; fails with a
     * {@link BridgeException} where it is {@link #stopped} before.
     */
    public CompletionStage<Void> listening() {
        return listening.minimalCompletionStage();
    }

    /**
     * Completes when the device will never listen again: normally with {@link CloseReason#REPLACED} where a newer listener
     * has taken its place, with {@link CloseReason#NORMAL} after {@link #close}. Bridges may still be open.
     */
    public CompletionStage<CloseReason> stopped() {
        return stopped.minimalCompletionStage();
    }

    /** Stops listening and closes open bridges with 1001. */
    @Override
    public void close() {
        sources.forEach(InvitationSource::close);
        dialer.close();
        stop(CloseReason.normal());
    }

    private void stop(CloseReason reason) {
        stopped.complete(reason);
        listening.completeExceptionally(new BridgeException(reason));
    }

    /** Takes what a source brings. */
    private final class Door implements InvitationSource.Sink {
        private final InvitationSource source;

        Door(InvitationSource source) {
            this.source = source;
        }

        @Override
        public void listening() {
            listening.complete(null);
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
    }

    /** Settings of a device; all optional. Not thread-safe. */
    public static final class Builder {
        private final String deviceId;
        private final URI server;
        private final Handler handler;
        private final Dialer.Settings settings = new Dialer.Settings();
        private final List<URI> allowedOrigins = new ArrayList<>();
        private final List<InvitationSource> sources = new ArrayList<>();
        private boolean listen = true;
        private Duration minPause = Duration.ofSeconds(1);
        private Duration maxPause = Duration.ofMinutes(1);
        private int maxBridges = 100;
        private RandomGenerator random = new SecureRandom();
        private InstantSource clock = InstantSource.system();

        private Builder(String deviceId, URI server, Handler handler) {
            this.deviceId = deviceId;
            this.server = server;
            this.handler = handler;
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

        /** Opens the WebSockets; a {@link JdkConnector} by default. One that is given here is not closed by the device. */
        public Builder connector(Connector connector) {
            settings.connector = connector;
            return this;
        }

        /** How long a handshake, and for a bridge its joining too, may take; 45 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            settings.connectTimeout = timeout;
            return this;
        }

        /** How vanished peers are noticed; by default a look every 20 seconds, and 15 minutes for a stalled write. */
        public Builder keepAlive(Watch watch) {
            settings.watch = watch;
            return this;
        }

        /** The bounds of the random pauses before the listen socket is opened again; 1 second and 1 minute by default. */
        public Builder backoff(Duration shortest, Duration longest) {
            minPause = shortest;
            maxPause = longest;
            return this;
        }

        /** Draws the pauses; a {@code SecureRandom} by default. */
        public Builder random(RandomGenerator random) {
            this.random = random;
            return this;
        }

        /** Tells how long invitations are good for; the system clock by default. */
        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /** How many bridges there may be at once, offered and open; 100 by default. More are rejected with 503. */
        public Builder maxBridges(int max) {
            maxBridges = max;
            return this;
        }

        /**
         * Another server whose accept URLs are followed. Those of the device's own server are by default, and no others, since
         * a handshake carries this device's key. An unencrypted one is refused where the own server is encrypted.
         */
        public Builder allowOrigin(URI origin) {
            allowedOrigins.add(origin);
            return this;
        }

        /** A further secondary channel; the device starts and closes it. */
        public Builder source(InvitationSource source) {
            sources.add(source);
            return this;
        }

        /** Whether to keep a listen socket open; true by default. */
        public Builder listen(boolean listen) {
            this.listen = listen;
            return this;
        }

        /** Runs timers, nothing that blocks; a daemon thread of its own by default. One that is given is not shut down. */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            settings.scheduler = scheduler;
            return this;
        }

        /** Where the handler runs and futures complete; by default daemon threads, virtual ones where the JDK has them. */
        public Builder executor(Executor executor) {
            settings.executor = executor;
            return this;
        }

        /**
         * Makes the device; {@link BridgeDevice#start} starts it.
         *
         * @throws IllegalArgumentException if the pauses or an allowed origin make no sense
         */
        public BridgeDevice build() {
            return new BridgeDevice(this);
        }
    }
}
