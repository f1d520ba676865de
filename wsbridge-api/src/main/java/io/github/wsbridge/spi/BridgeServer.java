package io.github.wsbridge.spi;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A transport's standalone server. It is bound on creation, so that its address is known before the node is built, and
 * accepts connections once {@link #serve} is called. Connections that arrive in between wait in the backlog.
 * Thread-safe.
 */
public interface BridgeServer extends AutoCloseable {

    /** Returns the address that the server is bound to, with the actual port. */
    InetSocketAddress address();

    /**
     * Starts accepting connections. Called once.
     *
     * @param door answers every request, on the server's threads
     * @throws IOException if the server has been closed or cannot start
     */
    void serve(Door door) throws IOException;

    /** Returns a snapshot of the server's counters; empty, as by default, if it keeps none. Does not block. */
    default Optional<ServerStats> stats() {
        return Optional.empty();
    }

    /** Stops accepting connections. Existing ones continue. */
    void stopAccepting();

    /** Drops all connections and stops the threads. Close the node first. Blocks briefly. */
    @Override
    void close();
}
