package io.github.wsbridge.client;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The requester's end of a TCP tunnel: a local port, each connection to which becomes a bridge to a device.
 * {@link TunnelTargets} is its counterpart on the device. Thread-safe.
 *
 * <p>A FIN from either side is passed on, so protocols that use half-close work. A reset, or an abnormal end of the
 * bridge, resets the connection at the other end. Idle connections are kept open. Each takes two threads, virtual ones
 * if the JDK supports them, or none with {@link Builder#streams}.
 */
public final class TcpTunnel implements AutoCloseable {

    /** Accepts connections and opens a bridge for each. */
    interface Entrance {

        InetSocketAddress address();

        /** Stops listening and resets the connections. */
        void close();
    }

    private final Entrance entrance;

    private TcpTunnel(Entrance entrance) {
        this.entrance = entrance;
    }

    /**
     * Returns a builder for a tunnel.
     *
     * @param client opens the bridges; the tunnel does not close it
     * @param deviceId the device to connect to
     * @param requestData the request data, which names one of the device's {@link TunnelTargets}
     * @throws IllegalArgumentException if {@code deviceId} is not a valid device id
     */
    public static Builder builder(BridgeClient client, String deviceId, String requestData) {
        new BridgeRequest(deviceId, requestData); // throws if invalid
        return new Builder(client, deviceId, requestData);
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
     * Runs one bridge over two streams, such as standard input and output for {@code ssh -o ProxyCommand}. Blocks until
     * the bridge has ended or both directions have, and closes bridge and streams. The end of {@code input} is a
     * half-close. A daemon thread may remain blocked in a read of {@code input} that cannot be interrupted.
     *
     * @throws io.github.wsbridge.BridgeException if the bridge did not end normally
     * @throws IOException if writing to {@code output} failed
     */
    public static void run(BridgeChannel bridge, InputStream input, OutputStream output) throws IOException {
        StreamRelay.run(bridge, new NearStreams(input, output), TcpTunnel::inDaemon);
    }

    /** A read of standard input may pin its carrier thread, so this thread is never virtual. */
    private static void inDaemon(Runnable task) {
        Daemons.start("wsbridge-input", task);
    }

    /** Returns the address that it listens on, with the actual port. */
    public InetSocketAddress address() {
        return entrance.address();
    }

    /** Stops listening and resets its connections. */
    @Override
    public void close() {
        entrance.close();
    }

    /** Settings of a tunnel; all optional. Not thread-safe. */
    public static final class Builder {
        final BridgeClient client;
        final String deviceId;
        final String requestData;
        Executor executor = TaskThreads.shared();
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        int backlog = 50;
        int maxConnections = 256;
        private @Nullable StreamTransport streams;

        private Builder(BridgeClient client, String deviceId, String requestData) {
            this.client = client;
            this.deviceId = deviceId;
            this.requestData = requestData;
        }

        /**
         * The address to listen on; by default, an ephemeral port of the loopback address. It is resolved if necessary.
         */
        public Builder listen(InetSocketAddress address) {
            this.address = address.isUnresolved()
                    ? new InetSocketAddress(address.getHostString(), address.getPort())
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
            return new TcpTunnel(streams == null ? BlockingTunnel.start(this) : LegTunnel.start(this, streams));
        }
    }
}
