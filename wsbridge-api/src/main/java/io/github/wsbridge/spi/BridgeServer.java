package io.github.wsbridge.spi;

import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * A standalone server of a transport. It is bound when it is made, so that a node can be told its address, and begins to take
 * connections with {@link #serve}; those that come in between wait in the backlog. Thread-safe.
 */
public interface BridgeServer extends AutoCloseable {

    /** The address that it is bound to, with the port that it got. */
    InetSocketAddress address();

    /**
     * Begins to take connections. Called once.
     *
     * @param door answers every request, on the server's threads
     * @throws IOException if the server has been closed meanwhile or cannot start
     */
    void serve(Door door) throws IOException;

    /** Takes no further connections. Those it has go on. */
    void stopAccepting();

    /** Stops: drops all connections, so close the node first, and ends the threads. Blocks for a moment. */
    @Override
    void close();
}
