package io.github.wsbridge.session;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Streams to devices that share bridges: the first stream to a device begins a session, a bridge with HTTP/2 on it, and
 * the others join it. A stream then costs one round trip and a few frames, in place of a message over the secondary
 * channel and two WebSockets. It is a stream of bytes with half-close, flow control and an end of its own, as a bridge
 * is. {@link SessionHandler} is the counterpart on the device. Thread-safe; no method blocks.
 *
 * <p>A device that rejects the session, or does not speak HTTP/2, gets a bridge for each stream, as without sessions;
 * after a minute it is asked again, or after a second if the session was lost before it had begun. A session that ends,
 * or whose device goes elsewhere, is replaced with the next stream; streams that the device had not answered are then
 * tried again. A session without streams ends after two minutes.
 *
 * <pre>{@code
 * BridgeSessions sessions = BridgeSessions.over(client);
 * try (BridgeChannel stream = sessions.session("device-1").open("ssh").get()) {
 *     stream.outputStream().write(...);
 * }
 * }</pre>
 *
 * <p>Each stream may hold 64 KiB that were received and not read yet. Where that limits a stream, it may hold up to 16
 * MiB, as the measured round trip demands, and the streams of a session together 32 MiB more.
 */
public final class BridgeSessions implements DeviceDialer, AutoCloseable {

    /** The request data of a bridge that is to carry a session. */
    public static final String REQUEST_DATA = "session/h2";

    /** After so many streams, devices without sessions are forgotten. */
    private static final int SWEEP = 1024;

    private final DeviceDialer bridges;
    private final PoolSettings settings;
    private final Executor executor;
    private final Map<String, DevicePool> pools = new ConcurrentHashMap<>();
    private final AtomicInteger opened = new AtomicInteger();

    private BridgeSessions(Builder builder) {
        bridges = builder.bridges;
        settings = new PoolSettings(
                builder.session, builder.ownBridges, builder.required, builder.maxSessions, builder.maxWaiting);
        executor = builder.executor;
    }

    /** Returns sessions with the default settings. */
    public static BridgeSessions over(DeviceDialer bridges) {
        return builder(bridges).build();
    }

    /**
     * Returns a builder.
     *
     * @param bridges opens the bridges, such as a {@link io.github.wsbridge.client.BridgeClient}; not closed with the
     *     sessions
     */
    public static Builder builder(DeviceDialer bridges) {
        return new Builder(bridges);
    }

    /**
     * Opens a stream.
     *
     * @return completes on the session's event loop, where nothing may block. Fails as {@link DeviceDialer#leg} says,
     *     with the same codes as a bridge; with 4429 if too many streams wait, and with 4408 if there is none in time.
     */
    @Override
    public CompletableFuture<BridgeLeg> leg(String deviceId, String requestData) {
        new BridgeRequest(deviceId, requestData); // throws if invalid
        if (opened.incrementAndGet() % SWEEP == 0) {
            pools.keySet().forEach(id -> pools.computeIfPresent(id, (same, pool) -> pool.unused() ? null : pool));
        }
        DevicePool pool = pools.compute(
                deviceId, (id, known) -> (known == null ? new DevicePool(id, bridges, settings) : known).enter());
        return pool.open(requestData);
    }

    /**
     * Returns the sessions with one device.
     *
     * @throws IllegalArgumentException if it is not a valid device id
     */
    public DeviceSessions session(String deviceId) {
        new BridgeRequest(deviceId);
        return new DeviceSessions(deviceId);
    }

    /** Ends all sessions and their streams with 1001. */
    @Override
    public void close() {
        pools.values().forEach(DevicePool::close);
    }

    /** The sessions with one device, of which there is one as long as it has room. */
    public final class DeviceSessions {
        private final String deviceId;

        private DeviceSessions(String deviceId) {
            this.deviceId = deviceId;
        }

        /**
         * Opens a stream.
         *
         * @param target request data, such as the name of one of the device's targets
         * @return completes on the executor, so continuations may block; fails as {@link BridgeSessions#leg} does
         */
        public CompletableFuture<BridgeChannel> open(String target) {
            CompletableFuture<BridgeLeg> leg = leg(deviceId, target);
            CompletableFuture<BridgeChannel> channel = new CompletableFuture<>();
            leg.whenCompleteAsync(
                    (made, failure) -> {
                        if (failure != null) {
                            channel.completeExceptionally(failure);
                        } else if (!channel.complete(BridgeChannel.over(made))) {
                            made.abort(); // given up
                        }
                    },
                    executor);
            channel.whenComplete((made, failure) -> {
                if (failure != null) {
                    leg.cancel(true);
                }
            });
            return channel;
        }

        /** Returns how many sessions are open. */
        public int open() {
            DevicePool pool = pools.get(deviceId);
            return pool == null ? 0 : pool.sessions();
        }
    }

    /** Settings of sessions; all optional. Not thread-safe. */
    public static final class Builder {
        private final DeviceDialer bridges;
        private SessionSettings session = SessionSettings.DEFAULT;
        private boolean required;
        private int ownBridges;
        private int maxSessions = 4;
        private int maxWaiting = 10_000;
        private Executor executor = TaskThreads.shared();

        private Builder(DeviceDialer bridges) {
            this.bridges = bridges;
        }

        /**
         * Sets how many of the streams to a device that are opened within a second get a bridge of their own, which
         * carries a long stream at less cost; 0 by default. The others share bridges.
         */
        public Builder ownBridges(int perSecond) {
            if (perSecond < 0) {
                throw new IllegalArgumentException("must not be negative");
            }
            ownBridges = perSecond;
            return this;
        }

        /** Sets whether a device without sessions is an error; false by default. */
        public Builder required(boolean required) {
            this.required = required;
            return this;
        }

        /**
         * Sets how many streams a session carries at most, if the device does not permit less; 256 by default. Further
         * streams begin another session.
         */
        public Builder maxStreams(int max) {
            session = session.withMaxStreams(positive(max));
            return this;
        }

        /** Sets how many sessions there may be with one device; 4 by default. Further streams wait. */
        public Builder maxSessions(int max) {
            maxSessions = positive(max);
            return this;
        }

        /** Sets how many streams may wait for one device; 10,000 by default. Further ones fail with 4429. */
        public Builder maxWaiting(int max) {
            maxWaiting = positive(max);
            return this;
        }

        /** Sets within which time a stream must be open; 45 seconds by default. */
        public Builder openTimeout(Duration timeout) {
            session = session.withOpenTimeout(timeout);
            return this;
        }

        /** Sets after which time without streams a session ends; 2 minutes by default. */
        public Builder idleTimeout(Duration timeout) {
            session = session.withIdleTimeout(timeout);
            return this;
        }

        /**
         * Sets how often a session checks whether its device answers; 15 seconds by default. Without an answer, it ends
         * with the third check.
         */
        public Builder pingInterval(Duration interval) {
            session = session.withPingInterval(interval);
            return this;
        }

        /** Sets where channels complete; by default daemon threads, virtual if the JDK supports them. */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /** Builds the sessions; none is begun yet. */
        public BridgeSessions build() {
            return new BridgeSessions(this);
        }

        private static int positive(int number) {
            if (number < 1) {
                throw new IllegalArgumentException("must be positive");
            }
            return number;
        }
    }
}
