package io.github.wsbridge.client;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.Flushable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A pair of streams, such as a process's standard input and output. Another process may have made the pipes of those
 * non-blocking; they are then polled.
 */
final class BlockingPipes implements BlockingConnection {

    /** The maximum size of a write, so that the progress of a slow reader can be seen. */
    static final int SLICE = 8 * 1024;

    private static final int POLL_MILLIS = 5;

    private final ReadableByteChannel input;
    private final WritableByteChannel output;
    private final Flushable buffer;

    /** Uses the channels of file streams, which copy nothing. */
    BlockingPipes(InputStream input, OutputStream output) {
        this(Channels.newChannel(input), Channels.newChannel(output), output);
    }

    /**
     * Uses channels.
     *
     * @param buffer flushed after each write
     */
    BlockingPipes(ReadableByteChannel input, WritableByteChannel output, Flushable buffer) {
        this.input = input;
        this.output = output;
        this.buffer = buffer;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int length = input.read(target);
        while (length == 0) {
            pause();
            length = input.read(target);
        }
        return length;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int limit = source.limit();
        source.limit(Math.min(limit, source.position() + SLICE));
        int length = output.write(source);
        while (length == 0) {
            pause();
            length = output.write(source);
        }
        source.limit(limit);
        buffer.flush();
        return length;
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    @Override
    public void finishOutput() throws IOException {
        output.close();
    }

    /** Closes the streams on a thread of its own: a close may wait for a write that nobody reads. */
    @Override
    public void close(boolean inGoodOrder) {
        Daemons.start("wsbridge-stdio-close", this::close);
    }

    private void close() {
        try (input;
                output) {
            return;
        } catch (IOException e) {
            // They are closed either way.
        }
    }

    @Override
    public boolean resets() {
        return false;
    }
}
