package io.github.wsbridge.session;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.netty.LegChannel;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.net.Reasons;
import io.netty.channel.ChannelFuture;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device's handler that accepts sessions and passes each of their streams to another handler, as if it were a bridge.
 * Bridges with request data other than {@link BridgeSessions#REQUEST_DATA} are passed on as they are, so that
 * requesters without sessions are served as before. Thread-safe.
 *
 * <p>A session takes one of the device's places for bridges for as long as it lasts, and its streams take none. A
 * stream is an {@link IncomingBridge} in every respect; its id is that of the session's bridge with the number of the
 * stream in place of the last eight digits. A handler that {@linkplain BridgeDevice.Handler#mayBlock may block} is
 * called on the executor, any other on the session's event loop. A handler should answer a stream even if its
 * requester has gone, at least by rejecting it: until then, or until the time to answer is over, the stream counts.
 */
public final class SessionHandler implements BridgeDevice.Handler, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SessionHandler.class);

    private static final CloseReason STOPPING = new CloseReason(CloseReason.GOING_AWAY, "the device is stopping");

    private final BridgeDevice.Handler streams;
    private final SessionSettings settings;
    private final Executor executor;
    private final Set<DeviceSession> sessions = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private SessionHandler(Builder builder) {
        streams = builder.streams;
        settings = builder.settings;
        executor = builder.executor;
    }

    /** Returns a handler with the default settings. */
    public static SessionHandler over(BridgeDevice.Handler streams) {
        return builder(streams).build();
    }

    /**
     * Returns a builder.
     *
     * @param streams handles streams, and bridges that are no sessions
     */
    public static Builder builder(BridgeDevice.Handler streams) {
        return new Builder(streams);
    }

    @Override
    public void handle(IncomingBridge bridge) throws Exception {
        if (!bridge.requestData().equals(BridgeSessions.REQUEST_DATA)) {
            streams.handle(bridge);
        } else if (closed) {
            bridge.reject(503, "the device is stopping");
        } else {
            bridge.acceptLeg().whenComplete((leg, failure) -> {
                if (failure == null) {
                    begin(bridge, leg);
                } else {
                    log.info("{} was not established: {}", bridge, Reasons.of(failure));
                }
            });
        }
    }

    @Override
    public boolean mayBlock() {
        return streams.mayBlock();
    }

    private void begin(IncomingBridge bridge, BridgeLeg leg) {
        DeviceSession session = Http2Codec.server(
                settings.maxStreams(), parts -> new DeviceSession(parts, settings, bridge, leg, streams, executor));
        LegChannel.open(leg, SessionLoops.shared(), session).addListener((ChannelFuture opened) -> {
            if (opened.isSuccess()) {
                sessions.add(session);
                opened.channel().closeFuture().addListener(ended -> sessions.remove(session));
                if (closed) {
                    session.close(STOPPING);
                }
            }
        });
    }

    /** Returns the number of open sessions. */
    public int sessions() {
        return sessions.size();
    }

    /** Tells requesters to open no more streams here, and rejects further sessions. Open streams may end. */
    public void goAway() {
        closed = true;
        sessions.forEach(session -> session.run(session::goAway));
    }

    /** Ends all sessions and their streams with 1001, and rejects further ones. */
    @Override
    public void close() {
        closed = true;
        sessions.forEach(session -> session.close(STOPPING));
    }

    /** Settings of a handler; all optional. Not thread-safe. */
    public static final class Builder {
        private final BridgeDevice.Handler streams;
        private SessionSettings settings = SessionSettings.DEFAULT;
        private Executor executor = TaskThreads.shared();

        private Builder(BridgeDevice.Handler streams) {
            this.streams = streams;
        }

        /**
         * Sets how many streams a session may have open; 256 by default. Each may hold 64 KiB that the device has
         * received and not read yet; streams over long fat links may hold more, together up to 32 MiB in a session.
         */
        public Builder maxStreams(int max) {
            if (max < 1) {
                throw new IllegalArgumentException("must be positive");
            }
            settings = settings.withMaxStreams(max);
            return this;
        }

        /** Sets how long the handler may leave a stream unanswered before it is rejected; 45 seconds by default. */
        public Builder openTimeout(Duration timeout) {
            settings = settings.withOpenTimeout(timeout);
            return this;
        }

        /** Sets how often a session checks whether its requester answers; 15 seconds by default. */
        public Builder pingInterval(Duration interval) {
            settings = settings.withPingInterval(interval);
            return this;
        }

        /**
         * Runs a handler that may block, and what follows {@link IncomingBridge#accept}; by default daemon threads,
         * virtual if the JDK supports them.
         */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /** Builds the handler. */
        public SessionHandler build() {
            return new SessionHandler(this);
        }
    }
}
