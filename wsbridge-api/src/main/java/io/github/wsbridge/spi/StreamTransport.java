package io.github.wsbridge.spi;

import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * Opens and accepts plain connections as legs: TCP and, if the transport supports them, Unix sockets
 * ({@link java.net.UnixDomainSocketAddress}). Used by both ends of a tunnel, and by a node's exposed ports.
 * Thread-safe.
 *
 * <p>Such a leg is a stream of bytes. Received bytes arrive as binary messages whose boundaries mean nothing. Binary
 * and text messages are sent as their bytes. An empty binary message, in either direction, is the end of that direction
 * (a FIN), as in {@code wsbridge.v1}; the other direction continues. Once both directions have ended, the leg ends with
 * {@link io.github.wsbridge.CloseReason#NORMAL}. A reset by the peer ends it with
 * {@link io.github.wsbridge.CloseReason#VANISHED}. {@link Leg#close} with 1000 or without a code ends the connection
 * after everything that was sent before; with any other code it resets the connection, as {@link Leg#abort} does.
 * {@link Leg#ping} is answered with {@link Leg.Receiver#onPong} without asking the peer, for as long as the connection
 * exists: TCP keepalive, which is on, ends a connection whose peer is dead.
 *
 * <p>Unix sockets have no resets. A leg that is reset or aborted ends both directions of its connection, and its peer
 * sees a FIN, or fails when it sends; data that was not read yet may be lost, as with a reset. The file of a listener
 * gets the permissions that the process's umask gives, and is deleted when the listener closes. A socket that nobody
 * listens to is replaced; any other file at that path makes {@code listen} fail.
 */
public interface StreamTransport {

    /**
     * Connects. Does not block.
     *
     * @param address the resolved address to connect to; it fails if the transport does not support its kind
     * @return completes with the leg, on a thread of the transport; fails with an {@code IOException} after
     *     {@code timeout} at the latest. Cancelling its {@code toCompletableFuture} ends the attempt.
     */
    CompletionStage<Leg> dial(SocketAddress address, Duration timeout);

    /**
     * Starts to listen.
     *
     * @param address the resolved address to listen on
     * @param limits how many connections to accept
     * @param accepted receives each connection as a leg, with its client, on a thread of the transport; must not block.
     *     The client's address is that of {@link Peer}: an IP address and a port, or empty if it is not known, as with
     *     Unix sockets.
     * @throws IOException if the address cannot be bound, or the transport does not support its kind
     */
    Listening listen(SocketAddress address, Limits limits, BiConsumer<Leg, Peer> accepted) throws IOException;

    /**
     * How many connections a listener accepts.
     *
     * @param backlog how many may wait to be accepted; a hint to the system
     * @param maxConnections how many may be open at once; any others wait to be accepted
     */
    record Limits(int backlog, int maxConnections) {

        /** Checks that both are positive. */
        public Limits {
            if (backlog <= 0 || maxConnections <= 0) {
                throw new IllegalArgumentException("must be positive");
            }
        }
    }

    /** A running listener. */
    interface Listening extends AutoCloseable {

        /** Returns the bound address, with the port that the system chose if the requested port was 0. */
        SocketAddress address();

        /** Stops accepting. Legs that were accepted before stay open. */
        @Override
        void close();
    }
}
