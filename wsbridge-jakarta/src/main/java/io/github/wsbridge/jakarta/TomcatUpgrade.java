package io.github.wsbridge.jakarta;

import jakarta.servlet.http.WebConnection;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * A connection that Tomcat has upgraded. Public because Tomcat creates it; not for applications.
 *
 * <p>After each event it returns {@code SUSPENDED}, so that Tomcat waits for the socket only when told to. The streams
 * of the Servlet API cannot stop reading: Tomcat reports the same unread bytes again and again.
 */
public final class TomcatUpgrade implements InternalHttpUpgradeHandler, UpgradedConnection {

    /** The maximum number of bytes passed to Tomcat at a time; each counts as progress. */
    private static final int SLICE = 16 * 1024;

    private @Nullable SocketWrapperBase<?> socket;
    private @Nullable Consumer<UpgradedConnection> opened;
    private volatile @Nullable Events events;
    private @Nullable ByteBuffer rest; // of the write in progress
    private volatile long progress;

    /** Called by Tomcat. */
    public TomcatUpgrade() {}

    void opened(Consumer<UpgradedConnection> to) {
        opened = to;
    }

    private SocketWrapperBase<?> socket() {
        SocketWrapperBase<?> current = socket;
        if (current == null) {
            throw new IllegalStateException("not upgraded yet");
        }
        return current;
    }

    @Override
    public void setSocketWrapper(SocketWrapperBase<?> wrapper) {
        socket = wrapper;
    }

    @Override
    public void init(WebConnection connection) {
        Consumer<UpgradedConnection> to = opened;
        if (to != null) {
            to.accept(this);
        }
    }

    @Override
    public SocketState upgradeDispatch(SocketEvent event) {
        Events to = events;
        if (to == null) {
            return SocketState.CLOSED;
        }
        switch (event) {
            case OPEN_READ -> to.readable();
            case OPEN_WRITE -> to.writable();
            default -> to.lost();
        }
        return SocketState.SUSPENDED; // even at the end: the leg closes the socket
    }

    @Override
    public void listen(Events to) {
        events = to;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int before = into.position();
        int limit = into.limit();
        try {
            socket().read(false, into);
            return into.position() - before;
        } catch (EOFException e) {
            return -1;
        } finally {
            into.limit(limit); // Tomcat may have lowered it
        }
    }

    @Override
    public void awaitReadable() {
        socket().registerReadInterest();
    }

    @Override
    public boolean write(ByteBuffer bytes) throws IOException {
        rest = bytes;
        return writeRest();
    }

    @Override
    public boolean continueWrite() throws IOException {
        progress++; // the socket accepts at least some bytes again
        return writeRest();
    }

    private boolean writeRest() throws IOException {
        SocketWrapperBase<?> to = socket();
        ByteBuffer bytes = rest;
        while (!to.flush(false)) {
            progress++;
            if (bytes == null || !bytes.hasRemaining()) {
                rest = null;
                return true;
            }
            int size = Math.min(SLICE, bytes.remaining());
            ByteBuffer slice = bytes.slice().limit(size);
            bytes.position(bytes.position() + size);
            to.write(false, slice);
        }
        to.registerWriteInterest();
        return false;
    }

    @Override
    public long progress() {
        return progress;
    }

    @Override
    public void close() {
        socket().close();
    }

    @Override
    public void readLater() {
        Events to = events;
        if (to != null) {
            socket().execute(to::readable); // not through the selector: Tomcat may hold bytes that it has already read
        }
    }

    @Override
    public void timeoutAsync(long now) {}

    @Override
    public void setSslSupport(SSLSupport support) {}

    @Override
    public void pause() {}

    /** Called by Tomcat when it has closed the connection. */
    @Override
    public void destroy() {
        Events to = events;
        if (to != null) {
            to.lost();
        }
    }
}
