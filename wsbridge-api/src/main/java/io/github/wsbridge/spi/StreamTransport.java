package io.github.wsbridge.spi;

import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Plain connections, such as those of TCP, as legs. Used by the two ends of a tunnel. Thread-safe.
 *
 * <p>Such a leg is a stream of bytes. What arrives comes as binary messages that begin and end anywhere; binary and text
 * messages that are sent arrive as their bytes. An empty binary message, in either direction, is the end of that direction
 * (a FIN), as in {@code wsbridge.v1}; the other direction goes on. When both have ended, the leg ends with
 * {@link io.github.wsbridge.CloseReason#NORMAL}. A reset by the peer is {@link io.github.wsbridge.CloseReason#VANISHED}.
 * {@link Leg#close} with 1000 or without a code ends the connection behind what was sent before; with any other code it resets
 * the connection, as {@link Leg#abort} does. {@link Leg#ping} does nothing: TCP itself notices a dead peer.
 */
public interface StreamTransport {

    /**
     * Connects. Does not block.
     *
     * @param address where to, resolved
     * @return completes with the leg, on a thread of the transport; fails with an {@code IOException}, within {@code timeout}
     *     at the latest
     */
    CompletionStage<Leg> dial(SocketAddress address, Duration timeout);

    /**
     * Listens.
     *
     * @param address where, resolved
     * @param limits how many connections are taken, and wait to be
     * @param accepted takes each connection as a leg, on a thread of the transport, and must not block
     * @throws IOException if it cannot listen there
     */
    Listening listen(SocketAddress address, Limits limits, Consumer<Leg> accepted) throws IOException;

    /**
     * How many connections a listener takes.
     *
     * @param backlog how many wait to be accepted, as a hint to the system
     * @param maxConnections how many there are at once; further ones wait to be accepted
     */
    record Limits(int backlog, int maxConnections) {

        /** Checks that both are positive. */
        public Limits {
            if (backlog <= 0 || maxConnections <= 0) {
                throw new IllegalArgumentException("must be positive");
            }
        }
    }

    /** A listener. */
    interface Listening extends AutoCloseable {

        /** Where it listens, with the port that the system has chosen if it was asked to. */
        SocketAddress address();

        /** Accepts nothing more; the legs that it has accepted stay. */
        @Override
        void close();
    }
}
