package io.github.wsbridge.client;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A connection whose reads and writes block: one thread reads while another writes. */
interface BlockingConnection {

    /** Reads the available bytes, at least one; -1 at the end. */
    int read(ByteBuffer target) throws IOException;

    /** Writes bytes of {@code source}, at least one, and returns how many. */
    int write(ByteBuffer source) throws IOException;

    /** Ends the output; the input stays open. */
    void finishOutput() throws IOException;

    /**
     * Closes both directions and wakes blocked threads, if that is possible. Does not block.
     *
     * @param inGoodOrder otherwise the peer is to see a reset, if there is such a thing
     */
    void close(boolean inGoodOrder);

    /**
     * Returns whether this is a network connection: an abnormal end is a reset, and unread input would turn a normal
     * end into one.
     */
    boolean resets();
}
