package io.github.wsbridge.client;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requester's end of a TCP tunnel: a local port, each connection to which becomes a bridge to a device.
 * {@link TunnelTargets} is its counterpart on the device. Thread-safe.
 *
 * <p>A FIN from either side is passed on, so protocols that use half-close work. A reset, or an abnormal end of the
 * bridge, resets the connection at the other end. Idle connections are kept open. Each takes two threads, virtual ones
 * where the JDK has them.
 */
public final class TcpTunnel implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TcpTunnel.class);
    private static final int PAUSE_MILLIS = 100;

    private final BridgeClient client;
    private final String deviceId;
    private final String requestData;
    private final Executor executor;
    private final Semaphore room;
    private final ServerSocket server;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    private TcpTunnel(Builder builder) throws IOException {
        client = builder.client;
        deviceId = builder.deviceId;
        requestData = builder.requestData;
        executor = builder.executor;
        room = new Semaphore(builder.maxConnections);
        server = new ServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(builder.address, builder.backlog);
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    /**
     * Starts to describe a tunnel.
     *
     * @param client opens the bridges; the tunnel does not close it
     * @param deviceId the device
     * @param requestData what the device is told: the name of one of its {@link TunnelTargets}
     * @throws IllegalArgumentException if {@code deviceId} is no device id
     */
    public static Builder builder(BridgeClient client, String deviceId, String requestData) {
        new BridgeRequest(deviceId, requestData); // refuses what is none
        return new Builder(client, deviceId, requestData);
    }

    /**
     * Reads a socket address as people write it.
     *
     * @param text {@code host:port}, an IPv6 address in brackets
     * @return the address, not resolved
     * @throws IllegalArgumentException if it is none; the message says what is wrong
     */
    public static InetSocketAddress parseAddress(String text) {
        HostPort address = HostPort.parse(text);
        return InetSocketAddress.createUnresolved(address.host(), address.port());
    }

    /**
     * Runs one bridge over two streams, such as standard input and output for {@code ssh -o ProxyCommand}. Blocks until
     * the bridge has ended or both directions have, and closes bridge and streams. The end of {@code input} is a
     * half-close. A daemon thread may stay in a read of {@code input} that nothing can wake.
     *
     * @throws io.github.wsbridge.BridgeException if the bridge ended other than in good order
     * @throws IOException if {@code output} failed
     */
    public static void run(BridgeChannel bridge, InputStream input, OutputStream output) throws IOException {
        StreamRelay.run(bridge, new NearStreams(input, output), TcpTunnel::inDaemon);
    }

    /** A read of standard input may hold the thread that carries it, so this one is never virtual. */
    private static void inDaemon(Runnable task) {
        Daemons.start("wsbridge-input", task);
    }

    /** Where it listens, with the port that the system has chosen if it was asked to. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    private void listen() {
        while (!server.isClosed()) {
            try {
                room.acquire(); // where there is none, connections wait in the backlog
                serve(server.accept());
            } catch (IOException e) {
                room.release();
                failed(e);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void failed(IOException failure) {
        if (!server.isClosed()) {
            log.warn("The tunnel at {} cannot accept: {}", address(), failure.toString());
            try {
                Thread.sleep(PAUSE_MILLIS); // no file descriptors left, most likely
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void serve(Socket socket) {
        Connection connection = new Connection(socket, client.connect(deviceId, requestData));
        connections.add(connection);
        try {
            executor.execute(connection::run);
        } catch (RejectedExecutionException e) {
            log.warn("The tunnel at {} has no thread for a connection: {}", address(), e.toString());
            connection.over();
        }
        if (server.isClosed()) {
            connection.end();
        }
    }

    /** Stops listening and resets its connections. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            log.debug("The listener did not close", e);
        }
        connections.forEach(Connection::end);
    }

    /** One local connection and its bridge. */
    private final class Connection {
        private final NearSocket near;
        private final CompletableFuture<BridgeChannel> connecting;

        Connection(Socket socket, CompletableFuture<BridgeChannel> connecting) {
            this.near = new NearSocket(socket);
            this.connecting = connecting;
        }

        void run() {
            try {
                near.socket().setTcpNoDelay(true);
                BridgeChannel bridge = connecting.get();
                log.debug("Bridge {} carries a connection", bridge.bridgeId());
                StreamRelay.run(bridge, near, executor);
            } catch (ExecutionException e) {
                log.info("No bridge to {}: {}", deviceId, String.valueOf(e.getCause()));
            } catch (IOException | CancellationException e) {
                log.debug("A connection to {} ended: {}", deviceId, e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                over();
            }
        }

        /** Gives back what it holds; called once. What was closed in good order stays so. */
        void over() {
            end();
            connections.remove(this);
            room.release();
        }

        void end() {
            if (!connecting.cancel(true) && !connecting.isCompletedExceptionally()) {
                connecting.join().close(new CloseReason(CloseReason.GOING_AWAY, "tunnel closed"));
            }
            near.close(false);
        }
    }

    /** Settings of a tunnel; all optional. Not thread-safe. */
    public static final class Builder {
        private final BridgeClient client;
        private final String deviceId;
        private final String requestData;
        private Executor executor = TaskThreads.shared();
        private InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        private int backlog = 50;
        private int maxConnections = 256;

        private Builder(BridgeClient client, String deviceId, String requestData) {
            this.client = client;
            this.deviceId = deviceId;
            this.requestData = requestData;
        }

        /**
         * Where to listen; by default on the loopback address, at a port that the system chooses. Resolved if it is
         * not.
         */
        public Builder listen(InetSocketAddress address) {
            this.address = address.isUnresolved()
                    ? new InetSocketAddress(address.getHostString(), address.getPort())
                    : address;
            return this;
        }

        /** How many connections wait to be accepted, as a hint to the system; 50 by default. */
        public Builder backlog(int backlog) {
            this.backlog = backlog;
            return this;
        }

        /** How many connections run at once, 256 by default; more of them wait to be accepted. */
        public Builder maxConnections(int max) {
            this.maxConnections = max;
            return this;
        }

        /** Threads that may block, two a connection; by default daemons, virtual ones where the JDK has them. */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /**
         * Opens the local port and begins to serve it.
         *
         * @throws IOException if it cannot be opened
         */
        public TcpTunnel start() throws IOException {
            TcpTunnel tunnel = new TcpTunnel(this);
            Daemons.start("wsbridge-tunnel-" + tunnel.address().getPort(), tunnel::listen);
            return tunnel;
        }
    }
}
