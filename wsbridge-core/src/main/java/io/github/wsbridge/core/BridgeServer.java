package io.github.wsbridge.core;

import java.net.InetSocketAddress;

/** A running server of a transport, with a node's door before it. Thread-safe. */
public interface BridgeServer extends AutoCloseable {

    /** Where it listens, with the port that it got. */
    InetSocketAddress address();

    /** Takes no further connections. Those it has go on. */
    void stopAccepting();

    /** Stops: drops all connections, so close the node before, and ends the threads. Blocks for a moment. */
    @Override
    void close();
}
