package io.github.wsbridge.jakarta;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.StreamConnection;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * A connection that Undertow has upgraded. It does not use the streams of the Servlet API: on Undertow, closing them
 * blocks until the peer closes, they write too much of an array, and they loop endlessly after a reset.
 */
final class UndertowConnection implements UpgradedConnection {

    private static final Logger log = LoggerFactory.getLogger(UndertowConnection.class);

    private final StreamConnection connection;
    private final ConduitStreamSourceChannel source;
    private final ConduitStreamSinkChannel sink;
    private @Nullable ByteBuffer rest; // of the write in progress
    private volatile long progress;

    UndertowConnection(StreamConnection connection) {
        this.connection = connection;
        this.source = connection.getSourceChannel();
        this.sink = connection.getSinkChannel();
    }

    @Override
    public void listen(Events to) {
        source.suspendReads();
        sink.suspendWrites();
        source.setReadListener(channel -> {
            source.suspendReads();
            to.readable();
        });
        sink.setWriteListener(channel -> {
            sink.suspendWrites();
            to.writable();
        });
        connection.setCloseListener(closed -> to.lost());
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return source.read(into);
    }

    @Override
    public void awaitReadable() {
        source.resumeReads();
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        rest = bytes;
        return continueWrite();
    }

    @Override
    public boolean continueWrite() throws IOException {
        ByteBuffer bytes = rest;
        while (bytes != null && bytes.hasRemaining()) {
            int n = sink.write(bytes);
            if (n == 0) {
                sink.resumeWrites();
                return false;
            }
            progress += n;
        }
        if (!sink.flush()) {
            sink.resumeWrites();
            return false;
        }
        rest = null;
        return true;
    }

    @Override
    public long progress() {
        return progress;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (IOException e) {
            log.debug("Cannot close a connection", e);
        }
    }

    @Override
    public void readLater() {
        source.resumeReads(); // not by a task: the I/O thread runs tasks before it polls other connections
    }
}
