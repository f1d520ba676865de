package io.github.wsbridge.netty;

import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.ServerStats;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.concurrent.Newcomers;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.net.ClientAddress;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The server for nodes with the highest throughput. Thread-safe.
 *
 * <p>The door decides about every request; a refused request never becomes a WebSocket. One thread per processor serves
 * any number of bridges, and none waits for a slow peer. The server has no timeouts after the handshake.
 *
 * <pre>{@code
 * try (NettyBridgeServer server = NettyBridgeServer.builder().address(new InetSocketAddress(8080)).bind()) {
 *     server.serve(node);
 *     …
 * }
 * }</pre>
 */
public final class NettyBridgeServer implements BridgeServer {

    static final String TLS = "tls";
    private static final int BACKLOG = 1024;

    private final Loops loops;
    private final Channel listening;
    private final ChannelGroup connections;
    private final Initializer initializer;
    private final LoopLag lag;

    private NettyBridgeServer(Loops loops, Channel listening, ChannelGroup connections, Initializer initializer) {
        this.loops = loops;
        this.listening = listening;
        this.connections = connections;
        this.initializer = initializer;
        this.lag = new LoopLag(loops.group());
    }

    /** Returns a builder. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public void serve(Door door) throws IOException {
        if (!listening.isOpen()) {
            throw new ClosedChannelException();
        }
        if (initializer.door != null) {
            throw new IllegalStateException("the server already has a door");
        }
        initializer.door = door;
        listening.config().setAutoRead(true);
    }

    /**
     * Returns a transport for TCP connections on the same threads, which can be spliced with this server's WebSockets
     * below fragments. They count towards {@link Builder#maxConnections}, though only WebSockets are dropped because of
     * it. The server's {@link #close} closes them.
     */
    public StreamTransport streams() {
        return new NettyStreams(loops, connections);
    }

    /**
     * Uses another key and certificate for all connections from now on. Those that are open keep theirs.
     *
     * @throws IOException if they cannot be used; then nothing changes
     * @throws IllegalStateException if the server does not use TLS, or its {@link SSLContext} decides on certificates
     *     of clients
     */
    public void renewTls(PrivateKey key, List<X509Certificate> chain) throws IOException {
        TlsIdentity identity = new TlsIdentity(key, chain);
        initializer.renew(identity, null);
    }

    /**
     * Lets something else decide on certificates of clients from now on, such as other authorities. Open connections
     * are kept, and no earlier session is resumed.
     *
     * @throws IOException if it cannot be used; then nothing changes
     * @throws IllegalStateException if the server does not ask for certificates, or has its key in an
     *     {@link SSLContext}
     */
    public void renewClientTrust(TrustManagerFactory trust) throws IOException {
        initializer.renew(null, trust);
    }

    /** Changes {@link Builder#maxConnections}. Open connections are kept. */
    public void maxConnections(int value) {
        if (value < 1) {
            throw new IllegalArgumentException("there must be room for at least one connection");
        }
        initializer.maxConnections = value;
    }

    @Override
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    @Override
    public Optional<ServerStats> stats() {
        return Optional.of(new ServerStats(
                connections.size(),
                initializer.newcomers.size(),
                initializer.dropped.sum(),
                initializer.secured.sum(),
                initializer.unsecured.sum(),
                ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider known
                        ? known.metric().usedDirectMemory()
                        : 0,
                lag.measure()));
    }

    @Override
    public void stopAccepting() {
        loops.await(listening.close());
    }

    @Override
    public void close() {
        loops.await(listening.close());
        loops.close(connections);
    }

    /** The settings of a server. Not thread-safe. */
    public static final class Builder {
        private InetSocketAddress address = new InetSocketAddress(8080);
        private @Nullable ServerTls tls;
        private ClientCertificates clients = ClientCertificates.NOT_ASKED;
        private @Nullable TrustManagerFactory clientTrust;
        private int threads = Runtime.getRuntime().availableProcessors();
        private int maxConnections = 20_000;
        private int maxHandshakes = 1_000;
        private int maxHeaderBytes = 16 * 1024;
        private Duration handshakeTimeout = Duration.ofSeconds(10);

        private Builder() {}

        /** The address to listen on; port 0 selects a free port. Default: port 8080 on all interfaces. */
        public Builder address(InetSocketAddress value) {
            address = value;
            return this;
        }

        /**
         * Uses TLS, with a certificate and its chain and a key that is not encrypted, both in PEM and possibly in the
         * same file. The provider is BoringSSL if {@code netty-tcnative} is present, and the JDK otherwise. Default:
         * plain text, for use behind a proxy.
         *
         * @throws IOException if the files cannot be read, have other content, or do not belong together
         */
        public Builder tls(Path certificateChain, Path key) throws IOException {
            tls = ServerTls.of(TlsIdentity.read(certificateChain, key, null));
            return this;
        }

        /**
         * Uses TLS with this key and certificate, like {@link #tls(Path, Path)}.
         *
         * @throws IOException if they cannot be used
         */
        public Builder tls(PrivateKey key, List<X509Certificate> chain) throws IOException {
            tls = ServerTls.of(new TlsIdentity(key, chain));
            return this;
        }

        /** Uses the JDK's TLS with this context, whose trust managers decide on certificates of clients. */
        public Builder tls(SSLContext value) {
            tls = ServerTls.of(value);
            return this;
        }

        Builder tls(SslContext value) {
            tls = ServerTls.of(value);
            return this;
        }

        /**
         * Asks clients for certificates, which the door finds in {@link io.github.wsbridge.spi.Peer#certificates}.
         * Default: does not.
         *
         * @param trust decides on them; not used with {@link #tls(SSLContext)}
         */
        public Builder clientCertificates(ClientCertificates value, TrustManagerFactory trust) {
            clients = value;
            clientTrust = trust;
            return this;
        }

        /** Asks clients for certificates, on which the trust managers of {@link #tls(SSLContext)} decide. */
        public Builder clientCertificates(ClientCertificates value) {
            clients = value;
            return this;
        }

        /** The number of threads that serve connections. Default: one per processor. */
        public Builder threads(int value) {
            threads = positive(value);
            return this;
        }

        /**
         * The maximum number of connections; each bridge has two. Further connections are dropped without an answer.
         * Default: 20,000.
         */
        public Builder maxConnections(int value) {
            maxConnections = positive(value);
            return this;
        }

        /**
         * The maximum number of connections whose handshake is not over, of {@link #maxConnections}. For each further
         * one, the oldest of the address that has most of them is dropped. Default: 1,000.
         */
        public Builder maxHandshakes(int value) {
            maxHandshakes = positive(value);
            return this;
        }

        /** The maximum length of the request line and the header together, in bytes. Default: 16 KiB. */
        public Builder maxHeaderBytes(int value) {
            maxHeaderBytes = positive(value);
            return this;
        }

        /**
         * The time limit from the connection to the answer, including TLS and the door's decision. Default: 10 seconds.
         */
        public Builder handshakeTimeout(Duration value) {
            positive((int) Math.min(value.toMillis(), Integer.MAX_VALUE));
            handshakeTimeout = value;
            return this;
        }

        /**
         * Binds the address.
         *
         * @throws IOException if it cannot be bound, or the trust in clients cannot be used
         * @throws IllegalStateException if certificates are asked for without TLS, or with nothing to decide on them
         */
        public NettyBridgeServer bind() throws IOException {
            if (tls == null && clients != ClientCertificates.NOT_ASKED) {
                throw new IllegalStateException("certificates of clients need TLS");
            }
            ServerTls secured = tls == null ? null : tls.asking(clients, clientTrust);
            Loops loops = new Loops("wsbridge-netty-server", threads);
            ChannelGroup connections = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);
            Initializer initializer = new Initializer(connections, this, secured);
            ServerBootstrap bootstrap = new ServerBootstrap()
                    .group(loops.group())
                    .channel(loops.serverChannel())
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .option(ChannelOption.AUTO_READ, false) // accepts connections once serve() is called
                    .handler(new PatientAccepts())
                    .childHandler(initializer);
            loops.inheritable().forEach((option, value) -> own(bootstrap, option, value));
            loops.accepted().forEach((option, value) -> child(bootstrap, option, value));
            var bound = bootstrap.bind(address).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                loops.close();
                Throwable cause = bound.cause();
                throw cause instanceof IOException e ? e : new IOException("cannot listen on " + address, cause);
            }
            return new NettyBridgeServer(loops, bound.channel(), connections, initializer);
        }

        @SuppressWarnings("unchecked")
        private static <T> void own(ServerBootstrap bootstrap, ChannelOption<?> option, Object value) {
            bootstrap.option((ChannelOption<T>) option, (T) value);
        }

        @SuppressWarnings("unchecked")
        private static <T> void child(ServerBootstrap bootstrap, ChannelOption<?> option, Object value) {
            bootstrap.childOption((ChannelOption<T>) option, (T) value);
        }

        private static int positive(int value) {
            if (value <= 0) {
                throw new IllegalArgumentException("must be positive");
            }
            return value;
        }
    }

    /** Sets up an accepted connection. */
    private static final class Initializer extends ChannelInitializer<Channel> {
        private final ChannelGroup connections;
        private volatile @Nullable ServerTls tls;
        private volatile int maxConnections;
        private final Newcomers newcomers;
        private final int maxHeaderBytes;
        private final Duration timeout;
        private volatile @Nullable Door door;
        private final LongAdder dropped = new LongAdder();
        private final LongAdder secured = new LongAdder(); // TLS handshakes that succeeded
        private final LongAdder unsecured = new LongAdder(); // and that failed

        Initializer(ChannelGroup connections, Builder settings, @Nullable ServerTls secured) {
            this.connections = connections;
            tls = secured;
            maxConnections = settings.maxConnections;
            newcomers = new Newcomers(settings.maxHandshakes);
            timeout = settings.handshakeTimeout;
            maxHeaderBytes = settings.maxHeaderBytes;
        }

        /** Not with a normal close, since TLS would wait for the client. */
        private void drop(Channel channel) {
            dropped.increment();
            connections.remove(channel); // its place is free at once, not only when its loop comes to it
            channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
        }

        synchronized void renew(@Nullable TlsIdentity identity, @Nullable TrustManagerFactory trust)
                throws IOException {
            ServerTls old = tls;
            if (old == null) {
                throw new IllegalStateException("the server does not use TLS");
            }
            tls = old.renewed(identity, trust);
        }

        @Override
        protected void initChannel(Channel channel) {
            Door asked = door;
            if (asked == null || connections.size() >= maxConnections) {
                dropped.increment();
                channel.unsafe().closeForcibly();
                return;
            }
            connections.add(channel);
            Newcomers.Place place =
                    newcomers.enter(ClientAddress.site(ServerHandshake.address(channel)), () -> drop(channel));
            ServerTls with = tls;
            if (with != null) {
                SslHandler handler = Tls.handler(with.context(), channel, timeout);
                handler.handshakeFuture().addListener(done -> {
                    if (done.isSuccess()) {
                        secured.increment();
                    } else if (!(done.cause() instanceof ClosedChannelException)) { // as of a probe for an open port
                        unsecured.increment();
                    }
                });
                channel.pipeline().addLast(TLS, handler);
            }
            channel.pipeline()
                    .addLast(new RequestDecoder(maxHeaderBytes))
                    .addLast(new ServerHandshake(asked, timeout, place));
        }
    }
}
