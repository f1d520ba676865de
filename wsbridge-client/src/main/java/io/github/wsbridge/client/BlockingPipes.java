package io.github.wsbridge.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** A pair of streams, such as a process's standard input and output. */
final class BlockingPipes implements BlockingConnection {

    private final ReadableByteChannel input;
    private final WritableByteChannel output;
    private final OutputStream stream;

    /** Uses the channels of file streams, which copy nothing. */
    BlockingPipes(InputStream input, OutputStream output) {
        this.input = Channels.newChannel(input);
        this.output = Channels.newChannel(output);
        this.stream = output;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return input.read(target);
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            output.write(source);
        }
        stream.flush();
    }

    @Override
    public void finishOutput() throws IOException {
        output.close();
    }

    @Override
    public void close(boolean inGoodOrder) {
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
