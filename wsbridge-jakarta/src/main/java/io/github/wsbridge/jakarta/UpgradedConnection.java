package io.github.wsbridge.jakarta;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A connection that a container has handed over after the upgrade. Used by one thread at a time, any thread; no method
 * blocks.
 */
interface UpgradedConnection {

    /** Events of a connection. Called on the container's threads, or from inside a method of the connection. */
    interface Events {

        /** There may be something to read. Follows {@link #awaitReadable} and {@link #readLater}. */
        void readable();

        /** The socket may accept the rest of a {@link #write}. */
        void writable();

        /** The connection is lost. */
        void lost();
    }

    /** Sets the listener; called once, before any other method. */
    void listen(Events events);

    /**
     * Reads what is available.
     *
     * @return the number of bytes; 0 if nothing is available; -1 at the end of the stream
     */
    int read(ByteBuffer into) throws IOException;

    /** Requests one {@link Events#readable}. Called after a {@link #read} that returned 0. */
    void awaitReadable();

    /**
     * Writes as much as the socket accepts now, and keeps the rest.
     *
     * @param bytes must not be changed until all of it is written
     * @return whether everything is written; if not, {@link Events#writable} follows
     */
    boolean write(ByteBuffer bytes) throws IOException;

    /** Continues the last {@link #write}, with the same result. Called after {@link Events#writable}. */
    boolean continueWrite() throws IOException;

    /** Returns a number that changes whenever the socket accepts bytes. Called on any thread. */
    long progress();

    /** Drops the connection and all bytes not yet written. Further calls have no effect. */
    void close();

    /** Requests one {@link Events#readable}, after events of other connections. Called if there may be more to read. */
    void readLater();
}
