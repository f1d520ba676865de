package io.github.wsbridge.jakarta;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A connection that a container has handed over after the upgrade. Used by one thread at a time, any thread; no method
 * waits for the peer.
 */
interface UpgradedConnection {

    /** What happens on a connection. Called on the container's threads, or from inside a method of the connection. */
    interface Events {

        /** There may be something to read: the answer to {@link #awaitReadable}. */
        void readable();

        /** The socket may take what a {@link #write} left over. */
        void writable();

        /** The connection is lost. */
        void lost();
    }

    /** Sets the listener; called once, before any other method. */
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
     * @return whether all has been written; if not, {@link Events#writable} follows
     */
    boolean write(ByteBuffer bytes) throws IOException;

    /**
     * Continues the last {@link #write}; returns what that returns. Called after {@link Events#writable}.
     */
    boolean writeOn() throws IOException;

    /** A number that changes whenever the socket takes anything. Called on any thread. */
    long progress();

    /** Drops the connection, with all that has not been written. May be called again. */
    void close();

    /**
     * Asks for one {@link Events#readable} after other connections have had their turn. Called if there may be more to
     * read.
     */
    void readLater();
}
