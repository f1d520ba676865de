package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The requester's end of a TCP tunnel: a local port or Unix socket, each connection to which becomes a bridge to a
 * device. {@link TunnelTargets} is its counterpart on the device. Thread-safe.
 *
 * <p>A FIN from either side is passed on, so protocols that use half-close work. A reset, or an abnormal end of the
 * bridge, resets the connection at the other end. Idle connections are kept open. Each takes two threads, virtual ones
 * if the JDK supports them, or none with {@link Builder#streams}.
 *
 * <p>If a client goes away while its bridge is being set up, the attempt ends within a second: after a reset, and on
 * Linux also after the close of a TCP client on the same host, unless it closes within its first 0.2 seconds. A client
 * that only ends its output, or whose close cannot be told from that, is kept.
 */
public final class TcpTunnel implements AutoCloseable {

    private final LegTunnel tunnel;

    private TcpTunnel(LegTunnel tunnel) {
        this.tunnel = tunnel;
    }

    /**
     * Returns a builder for a tunnel.
     *
     * @param dialer opens the streams, such as a {@link BridgeClient}; the tunnel does not close it
     * @param deviceId the device to connect to
     * @param requestData the request data, which names one of the device's {@link TunnelTargets}
     * @throws IllegalArgumentException if {@code deviceId} is not a valid device id
     */
    public static Builder builder(DeviceDialer dialer, String deviceId, String requestData) {
        new BridgeRequest(deviceId, requestData); // throws if invalid
        return builder(near -> new Entrance.Arrival(near, dialer.leg(deviceId, requestData), () -> deviceId));
    }

    /**
     * Returns a builder for a tunnel whose connections go where they ask to.
     *
     * @param entrance asks each connection
     */
    public static Builder builder(Entrance entrance) {
        return new Builder(entrance);
    }

    /**
     * Parses a socket address.
     *
     * @param text {@code host:port}, an IPv6 address in brackets
     * @return the unresolved address
     * @throws IllegalArgumentException if it is invalid; the message says why
     */
    public static InetSocketAddress parseAddress(String text) {
        HostPort address = HostPort.parse(text);
        return InetSocketAddress.createUnresolved(address.host(), address.port());
    }

    /**
     * Runs one bridge over two streams, copying between them and a channel; {@link #run(CompletableFuture, InputStream,
     * OutputStream)} costs less. Blocks until the bridge has ended or both directions have, and closes bridge and
     * streams. The end of {@code input} is a half-close. A daemon thread may remain blocked in a read of {@code input}
     * that cannot be interrupted.
     *
     * @throws io.github.wsbridge.BridgeException if the bridge did not end normally
     * @throws IOException if writing to {@code output} failed
     */
    public static void run(BridgeChannel bridge, InputStream input, OutputStream output) throws IOException {
        StreamRelay.run(bridge, input, output, TcpTunnel::inDaemon);
    }

    /**
     * Runs one bridge over two streams, such as standard input and output for {@code ssh -o ProxyCommand}. Blocks until
     * the bridge has ended, and closes the streams, also if it is not established. File streams are used through their
     * channels, without copying. The end of {@code input} is a half-close; a failure of {@code output} ends the bridge.
     * Everything that was received before the end is written, unless {@code output} takes nothing for 10 seconds after
     * an abnormal end or 15 minutes after a normal one. Reading begins at once. Daemon threads may remain blocked in a
     * read of {@code input} that cannot be interrupted, or in the close of a stream.
     *
     * @param connecting the future bridge, from {@link DeviceDialer#leg}; cancelled if the streams fail first
     * @throws io.github.wsbridge.BridgeException if the bridge was not established or did not end normally
     * @throws IOException if reading {@code input} or writing to {@code output} failed
     * @throws CancellationException if {@code connecting} was cancelled
     * @throws InterruptedException if the thread was interrupted, after which the bridge ends
     */
    public static void run(CompletableFuture<BridgeLeg> connecting, InputStream input, OutputStream output)
            throws IOException, InterruptedException {
        BlockingLeg near = new BlockingLeg(new BlockingPipes(input, output), TcpTunnel::inDaemon);
        CompletableFuture<CloseReason> ended =
                new BridgedConnection(near, connecting).run().toCompletableFuture();
        try {
            CloseReason reason = ended.get();
            if (near.failure() == null && !Incoming.inGoodOrder(reason) && !near.complete()) {
                throw new BridgeException(reason);
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } catch (CancellationException e) {
            if (near.failure() == null) {
                throw e;
            }
        } catch (InterruptedException e) {
            near.abort();
            throw e;
        }
        IOException failure = near.failure();
        if (failure != null) {
            throw failure;
        }
    }

    /** A read of standard input may pin its carrier thread, so this thread is never virtual. */
    private static void inDaemon(Runnable task) {
        Daemons.start("wsbridge-stdio", task);
    }

    /**
     * Returns the TCP address that it listens on, with the actual port.
     *
     * @throws IllegalStateException if it listens on a Unix socket
     */
    public InetSocketAddress address() {
        if (tunnel.address() instanceof InetSocketAddress address) {
            return address;
        }
        throw new IllegalStateException("it listens on a Unix socket: " + tunnel.address());
    }

    /** Stops listening and resets its connections. */
    @Override
    public void close() {
        tunnel.close();
    }

    /** Settings of a tunnel; all optional. Not thread-safe. */
    public static final class Builder {
        final Entrance entrance;
        Executor executor = TaskThreads.shared();
        SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        int backlog = 50;
        int maxConnections = 256;
        private @Nullable StreamTransport streams;

        private Builder(Entrance entrance) {
            this.entrance = entrance;
        }

        /**
         * The address to listen on: a TCP address, which is resolved if necessary, or a
         * {@link java.net.UnixDomainSocketAddress}. By default, an ephemeral port of the loopback address.
         *
         * <p>The file of a Unix socket gets the permissions that the process's umask gives, and is deleted by {@link
         * TcpTunnel#close}. A socket that nobody listens to is replaced; any other file is an error. Unix sockets have
         * no resets: if a bridge ends abnormally, the program at the local end sees the end of the stream.
         */
        public Builder listen(SocketAddress address) {
            this.address = address instanceof InetSocketAddress inet && inet.isUnresolved()
                    ? new InetSocketAddress(inet.getHostString(), inet.getPort())
                    : address;
            return this;
        }

        /** The maximum number of connections waiting to be accepted, as a hint to the system; 50 by default. */
        public Builder backlog(int backlog) {
            this.backlog = backlog;
            return this;
        }

        /** The maximum number of concurrent connections, 256 by default. Further connections wait to be accepted. */
        public Builder maxConnections(int max) {
            this.maxConnections = max;
            return this;
        }

        /**
         * Listens with this transport, and joins each connection and its bridge as two legs. This is faster if the
         * client's connector belongs to the same transport, and needs no extra threads. By default, the tunnel uses the
         * JDK's blocking sockets and two threads per connection.
         */
        public Builder streams(StreamTransport transport) {
            streams = transport;
            return this;
        }

        /**
         * Runs blocking tasks, two per connection, unless {@link #streams} is set; by default, on daemon threads, which
         * are virtual if the JDK supports them.
         */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /**
         * Opens the local port and starts to accept connections.
         *
         * @throws IOException if it cannot be opened
         */
        public TcpTunnel start() throws IOException {
            return new TcpTunnel(LegTunnel.start(this, streams == null ? new BlockingStreams(executor) : streams));
        }
    }
}
