package io.github.wsbridge.jakarta;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of GlassFish after the response's head: the streams of a request that goes on. Nothing is read from the
 * socket unless {@link ServletInputStream#isReady} has returned false, and nothing blocks after
 * {@link ServletOutputStream#isReady} has returned true.
 */
final class GlassFishConnection implements UpgradedConnection, ReadListener, WriteListener {

    /** The socket below the streams, which have no way to ask about it or to drop it. */
    interface Socket {

        boolean isOpen();

        /** Closes the socket once it has sent what it has accepted. */
        void close();

        /** Closes the socket at once. */
        void terminate();
    }

    private static final Logger log = LoggerFactory.getLogger(GlassFishConnection.class);

    /** The maximum number of bytes passed to the container at a time; each counts as progress. */
    private static final int SLICE = 16 * 1024;

    /** How long Grizzly may take to send what it has accepted, once the connection is closed. */
    private static final int LINGER_SECONDS = 5;

    private final AsyncContext request;
    private final Socket socket;
    private final ScheduledExecutorService timer;
    private final ServletInputStream in;
    private final ServletOutputStream out;
    private volatile @Nullable Events events;
    private volatile boolean ended;
    private volatile boolean registered = true; // the container may be reading, until it says so
    private boolean awaiting; // guarded by this
    private boolean missed; // a readable event that nobody awaited; guarded by this
    private @Nullable ByteBuffer rest; // of the write in progress
    private volatile long progress;
    private boolean closed;

    GlassFishConnection(AsyncContext request, Socket socket, ScheduledExecutorService timer) throws IOException {
        this.request = request;
        this.socket = socket;
        this.timer = timer;
        in = request.getRequest().getInputStream();
        out = request.getResponse().getOutputStream();
    }

    @Override
    public void listen(Events to) {
        events = to;
        out.setWriteListener(this);
        in.setReadListener(this);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        if (ended) {
            return -1;
        }
        if (registered) {
            return 0;
        }
        registered = true;
        if (!in.isReady()) {
            return 0;
        }
        registered = false;
        int n = in.read(into.array(), into.arrayOffset() + into.position(), into.remaining());
        if (n > 0) {
            into.position(into.position() + n);
        }
        return n;
    }

    @Override
    public void awaitReadable() {
        synchronized (this) {
            if (!missed) {
                awaiting = true;
                return;
            }
            missed = false;
        }
        readLater();
    }

    private void readable() {
        registered = false;
        synchronized (this) {
            if (!awaiting) {
                missed = true;
                return;
            }
            awaiting = false;
        }
        tell(Events::readable);
    }

    private void tell(Consumer<Events> event) {
        Events to = events;
        if (to != null) {
            event.accept(to);
        }
    }

    @Override
    public void onDataAvailable() {
        readable();
    }

    @Override
    public void onAllDataRead() {
        ended = true;
        readable();
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        rest = bytes;
        return continueWrite();
    }

    @Override
    public boolean continueWrite() throws IOException {
        ByteBuffer bytes = rest;
        while (ready()) {
            progress++;
            if (bytes == null || !bytes.hasRemaining()) {
                out.flush();
                rest = null;
                return true;
            }
            int size = Math.min(SLICE, bytes.remaining());
            out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), size);
            bytes.position(bytes.position() + size);
        }
        return false;
    }

    /** The container would swallow what is written to a closed connection. */
    private boolean ready() throws IOException {
        if (!socket.isOpen()) {
            throw new IOException("the connection is closed");
        }
        return out.isReady();
    }

    @Override
    public void onWritePossible() {
        tell(Events::writable);
    }

    /** Either direction has failed. */
    @Override
    public void onError(Throwable cause) {
        log.debug("A connection failed", cause);
        tell(Events::lost);
    }

    @Override
    public long progress() {
        return progress;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (rest != null) {
            socket.terminate();
        } else {
            socket.close();
            terminateLater();
        }
        try {
            request.complete();
        } catch (RuntimeException e) {
            log.debug("The request had already ended", e);
        }
    }

    private void terminateLater() {
        try {
            timer.schedule(socket::terminate, LINGER_SECONDS, TimeUnit.SECONDS);
        } catch (RejectedExecutionException e) {
            socket.terminate(); // the application has stopped
        }
    }

    @Override
    public void readLater() {
        request.start(() -> tell(Events::readable));
    }
}
