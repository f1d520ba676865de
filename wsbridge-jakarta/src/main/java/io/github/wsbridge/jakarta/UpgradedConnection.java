package io.github.wsbridge.jakarta;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;

/**
 * A connection that a container has handed over after the upgrade. Used by one thread at a time, any thread; no method
 * waits for the peer.
 */
interface UpgradedConnection {

    /** What happens on a connection. Called on the container's threads, or from inside a method of the connection. */
    interface Events {

        /** There may be something to read: the answer to {@link #awaitReadable}. */
        void readable();

        /** What the last {@link #write} left over has been written. */
        void written();

        /** The connection has been lost. */
        void lost();
    }

    /** Says who is told; called once, before anything else. */
    void listen(Events events);

    /**
     * Reads what has come.
     *
     * @return how many bytes; 0 if nothing has come; -1 at the end of the stream
     */
    int read(ByteBuffer into) throws IOException;

    /** Asks for one {@link Events#readable}. Called after a {@link #read} that gave nothing. */
    void awaitReadable();

    /**
     * Writes as much as the socket takes now, and keeps the rest until it takes that too.
     *
     * @param bytes belongs to the connection until all of it has been written
     * @return whether all has been written; if not, {@link Events#written} follows, and nothing may be written before it
     */
    boolean write(ByteBuffer bytes) throws IOException;

    /** A number that changes whenever the socket takes anything. Called on any thread. */
    long progress();

    /** Drops the connection, with all that has not been written. May be called again. */
    void close();

    /** Runs tasks on the container's threads, each in its turn with other connections'. */
    Executor executor();
}
