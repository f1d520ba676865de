package io.github.wsbridge.jakarta;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** A connection that Jetty has upgraded. */
final class JettyConnection extends AbstractConnection implements Connection.UpgradeTo, UpgradedConnection {

    private final Consumer<UpgradedConnection> opened;
    private volatile @Nullable Events events;
    private @Nullable ByteBuffer early; // bytes that arrived with the request
    private volatile @Nullable ByteBuffer rest; // of the write in progress
    private volatile long total; // bytes passed to write()

    JettyConnection(EndPoint endPoint, Executor executor, Consumer<UpgradedConnection> opened) {
        super(endPoint, executor);
        this.opened = opened;
    }

    @Override
    public void onUpgradeTo(ByteBuffer buffer) {
        early = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
    }

    @Override
    public void onOpen() {
        super.onOpen();
        getEndPoint().setIdleTimeout(0); // the bridge has its own deadlines
        opened.accept(this);
    }

    @Override
    public void listen(Events to) {
        events = to;
    }

    @Override
    public void onFillable() {
        Events to = events;
        if (to != null) {
            to.readable();
        }
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        onFillable(); // the next read reports the failure
    }

    @Override
    public boolean onIdleExpired(TimeoutException timeout) {
        return false;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        ByteBuffer buffered = early;
        if (buffered != null) {
            int n = Math.min(buffered.remaining(), into.remaining());
            into.put(buffered.slice().limit(n));
            buffered.position(buffered.position() + n);
            early = buffered.hasRemaining() ? buffered : null;
            return n;
        }
        int n = getEndPoint().fill(into.slice().limit(0)); // Jetty writes after the limit and raises it
        if (n > 0) {
            into.position(into.position() + n);
        }
        return n;
    }

    @Override
    public void awaitReadable() {
        fillInterested();
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        total += bytes.remaining();
        if (getEndPoint().flush(bytes)) {
            return true;
        }
        rest = bytes;
        getEndPoint()
                .write(
                        new Callback() {
                            @Override
                            public void succeeded() {
                                rest = null;
                                Events to = events;
                                if (to != null) {
                                    to.writable();
                                }
                            }

                            @Override
                            public void failed(Throwable cause) {
                                lost();
                            }

                            @Override
                            public InvocationType getInvocationType() {
                                return InvocationType.NON_BLOCKING;
                            }
                        },
                        bytes);
        return false;
    }

    @Override
    public boolean continueWrite() {
        return rest == null;
    }

    @Override
    public long progress() {
        ByteBuffer writing = rest;
        return total - (writing == null ? 0 : writing.remaining());
    }

    @Override
    public void onClose(Throwable cause) {
        super.onClose(cause);
        lost();
    }

    private void lost() {
        Events to = events;
        if (to != null) {
            to.lost();
        }
    }

    @Override
    public void close() {
        getEndPoint().close();
    }

    @Override
    public void readLater() {
        getExecutor().execute(this::onFillable);
    }
}
