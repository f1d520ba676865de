package io.github.wsbridge.client;

import io.github.wsbridge.wire.net.Reasons;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server socket whose connections are a device's bridges, so that any server that takes connections from a
 * {@link ServerSocket} serves requesters. As a device's handler it takes all bridges; as one of the
 * {@linkplain TunnelTargets.Builder#target(String, BridgeDevice.Handler) targets}, those to that name.
 *
 * <pre>{@code
 * BridgeServerSocket web = new BridgeServerSocket();
 * BridgeDevice device = BridgeDevice.builder("device-1", server,
 *         TunnelTargets.builder().target("ssh", "127.0.0.1:22").target("http", web).build()).build().start();
 * while (true) {
 *     Socket connection = web.accept();
 *     ...
 * }
 * }</pre>
 *
 * <p>A bridge is accepted when it arrives, and waits to be {@linkplain #accept taken}. If as many wait as the backlog
 * says, further ones are rejected with 503; after {@link #close}, with 502, and those that wait are reset. Sockets that
 * were taken stay open. They are as those of {@link DeviceDialer#socketFactory}; a bridge's id is their remote
 * address's host name, and the unspecified address its address.
 *
 * <p>It is bound from the start, and has no address or port: {@link #bind} only sets the backlog. Thread-safe.
 */
public final class BridgeServerSocket extends ServerSocket implements BridgeDevice.Handler {

    private static final Logger log = LoggerFactory.getLogger(BridgeServerSocket.class);

    private static final int DEFAULT_BACKLOG = 50;

    private final Arrivals arrivals;

    /** Creates a server socket with a backlog of 50, as {@link ServerSocket} has by default. */
    public BridgeServerSocket() {
        this(DEFAULT_BACKLOG);
    }

    /**
     * Creates a server socket.
     *
     * @param backlog how many bridges may wait to be taken; if it is not positive, 50
     */
    public BridgeServerSocket(int backlog) {
        this(new Arrivals(), backlog);
    }

    private BridgeServerSocket(Arrivals arrivals, int backlog) {
        super(arrivals);
        this.arrivals = arrivals;
        try {
            super.bind(new InetSocketAddress(0), backlog);
        } catch (IOException e) { // there is nothing to fail
            throw new UncheckedIOException(e);
        }
    }

    /** Sets the backlog. */
    @Override
    public void bind(@Nullable SocketAddress endpoint) throws IOException {
        bind(endpoint, DEFAULT_BACKLOG);
    }

    /** Sets the backlog, 50 if it is not positive. The address is not used. */
    @Override
    public void bind(@Nullable SocketAddress endpoint, int backlog) throws IOException {
        if (isClosed()) {
            throw new SocketException("Socket is closed");
        }
        arrivals.listen(backlog);
    }

    /**
     * Takes the next bridge, blocking until there is one.
     *
     * @throws SocketTimeoutException after the time that {@link #setSoTimeout} has set
     * @throws SocketException if the server socket is closed, or becomes so meanwhile
     */
    @Override
    public Socket accept() throws IOException {
        if (isClosed()) {
            throw new SocketException("Socket is closed");
        }
        BridgeSocket socket = new BridgeSocket(new ChannelSocket(() -> {
            throw new IllegalStateException("it is connected");
        }));
        implAccept(socket);
        return socket;
    }

    /** Accepts a bridge or rejects it. Does not block. */
    @Override
    public void handle(IncomingBridge bridge) {
        arrivals.handle(bridge);
    }

    @Override
    public boolean mayBlock() {
        return false;
    }

    /** The bridges that are being accepted, and those that wait to be taken. */
    private static final class Arrivals extends UnaddressedSocket {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Queue<BridgeChannel> waiting = new ArrayDeque<>();
        private int backlog = DEFAULT_BACKLOG;
        private int coming;
        private boolean closed;

        void handle(IncomingBridge bridge) {
            int places;
            boolean open;
            lock.lock();
            try {
                open = !closed;
                places = backlog - coming - waiting.size();
                if (open && places > 0) {
                    coming++;
                }
            } finally {
                lock.unlock();
            }
            if (!open) {
                bridge.reject(502, "target not reachable: the server socket is closed");
                return;
            }
            if (places <= 0) {
                log.info("{}: as many connections wait as may", bridge);
                bridge.reject(503, "too many connections wait at the device");
                return;
            }
            bridge.acceptLeg().whenComplete((leg, failure) -> {
                if (failure == null) {
                    arrived(BridgeChannel.over(leg));
                } else {
                    log.info("{} was not established: {}", bridge, Reasons.of(failure));
                    arrived(null);
                }
            });
        }

        private void arrived(@Nullable BridgeChannel bridge) {
            lock.lock();
            try {
                coming--;
                if (bridge == null) {
                    return;
                }
                if (!closed) {
                    waiting.add(bridge);
                    changed.signal();
                    return;
                }
            } finally {
                lock.unlock();
            }
            bridge.drop();
        }

        @Override
        protected void accept(SocketImpl to) throws IOException {
            Waiting patience = new Waiting(settings.timeout(), VirtualThreads.isCurrent());
            lock.lock();
            try {
                while (waiting.isEmpty() && !closed) {
                    if (!patience.await(changed) && waiting.isEmpty() && !closed) {
                        throw new SocketTimeoutException("Accept timed out");
                    }
                }
                BridgeChannel bridge = waiting.poll();
                if (bridge == null) {
                    throw new SocketException("Socket closed");
                }
                ((ChannelSocket) to).connected(bridge);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                close();
                throw new InterruptedIOException("Closed by interrupt"); // at which the server socket is closed, too
            } finally {
                lock.unlock();
                patience.end();
            }
        }

        @Override
        protected void close() {
            Queue<BridgeChannel> left;
            lock.lock();
            try {
                closed = true;
                left = new ArrayDeque<>(waiting);
                waiting.clear();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            left.forEach(BridgeChannel::drop);
        }

        @Override
        protected void listen(int most) {
            lock.lock();
            try {
                backlog = most > 0 ? most : DEFAULT_BACKLOG;
            } finally {
                lock.unlock();
            }
        }

        @Override
        protected void connect(SocketAddress to, int timeout) throws SocketException {
            throw notHere();
        }

        @Override
        protected InputStream getInputStream() throws SocketException {
            throw notHere();
        }

        @Override
        protected OutputStream getOutputStream() throws SocketException {
            throw notHere();
        }

        @Override
        protected int available() {
            return 0;
        }

        private static SocketException notHere() {
            return new SocketException("a server socket");
        }
    }
}
