package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import java.io.IOException;
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

/** A tunnel on blocking sockets of the JDK, with two threads per connection. */
final class BlockingTunnel implements TcpTunnel.Entrance {

    private static final Logger log = LoggerFactory.getLogger(TcpTunnel.class);
    private static final int PAUSE_MILLIS = 100;

    private final BridgeClient client;
    private final String deviceId;
    private final String requestData;
    private final Executor executor;
    private final Semaphore room;
    private final ServerSocket server;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    private BlockingTunnel(TcpTunnel.Builder builder) throws IOException {
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

    static BlockingTunnel start(TcpTunnel.Builder settings) throws IOException {
        BlockingTunnel tunnel = new BlockingTunnel(settings);
        Thread thread =
                new Thread(tunnel::listen, "wsbridge-tunnel-" + tunnel.address().getPort());
        thread.setDaemon(true);
        thread.start();
        return tunnel;
    }

    @Override
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    private void listen() {
        while (!server.isClosed()) {
            try {
                room.acquire(); // until then, connections wait in the backlog
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
            log.warn("The tunnel at {} cannot accept connections: {}", address(), failure.toString());
            try {
                Thread.sleep(PAUSE_MILLIS); // most likely out of file descriptors
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
                log.debug("A connection to {} has ended: {}", deviceId, e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                over();
            }
        }

        /** Releases its resources; called once. Has no effect on a connection that was closed normally. */
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
}
