package io.github.wsbridge.netty;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.proxy.ProxyRefusal;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSockets with Netty. This is the fastest connector for clients and for nodes, which splice its legs with
 * those of {@link NettyBridgeServer} below fragments. Thread-safe.
 *
 * <p>All its connections share a few daemon threads, which {@link #close} stops. A slow peer does not block a thread.
 * Redirects are not followed; they fail like any status other than 101.
 */
public final class NettyConnector implements Connector {

    /** A port without TLS may wait silently for a request. */
    private static final Duration TLS_PATIENCE = Duration.ofSeconds(15);

    // Guarded by this.
    private @Nullable SslContext tls;
    private @Nullable Collection<X509Certificate> authorities; // null: the platform's
    private @Nullable TlsIdentity identity; // null: none

    private final boolean given; // whether an application has made the first context
    private final Routes routes;
    private final Loops loops;
    private final ChannelGroup connections = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);
    private final Set<CompletableFuture<Leg>> attempts = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private NettyConnector(Builder settings) {
        tls = settings.tls;
        authorities = settings.authorities;
        identity = settings.identity;
        given = settings.given;
        routes = new Routes(settings.proxies, settings.lookup, this::trust, System::nanoTime);
        loops = new Loops("wsbridge-netty-connector", settings.threads);
    }

    /** Returns a connector with the platform's trusted certificates and without a proxy. */
    public static NettyConnector create() {
        return builder().build();
    }

    /** Returns a builder. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        ClientUpgrade upgrade;
        try {
            upgrade = new ClientUpgrade(target);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        CompletableFuture<Leg> leg = new CompletableFuture<>();
        attempts.add(leg);
        leg.whenComplete((opened, failure) -> attempts.remove(leg));
        EventLoop loop = loops.next();
        try {
            long millis = Math.max(1, target.timeout().toMillis());
            var deadline = loop.schedule(
                    () -> leg.completeExceptionally(new IOException("not connected within " + millis + " ms")),
                    millis,
                    TimeUnit.MILLISECONDS);
            leg.whenComplete((opened, failure) -> deadline.cancel(false));
            Attempt attempt = new Attempt(target, upgrade, loop, leg);
            routes.find(upgrade, () -> !leg.isDone(), attempt::start, leg::completeExceptionally);
        } catch (RejectedExecutionException e) {
            leg.completeExceptionally(
                    new IOException(closed ? "the connector is closed" : "too many name lookups are pending", e));
        }
        if (closed) {
            leg.completeExceptionally(closedFailure()); // close() may not have seen it
        }
        return leg;
    }

    /**
     * Returns a transport for TCP connections on the same threads, which can be spliced with this connector's
     * WebSockets below fragments. The connector's {@link #close} closes them.
     */
    public StreamTransport streams() {
        return new NettyStreams(loops, connections);
    }

    @Override
    public void close() {
        closed = true;
        routes.close();
        attempts.forEach(leg -> leg.completeExceptionally(closedFailure()));
        loops.close(connections);
        forgetSessions();
    }

    private synchronized void forgetSessions() {
        if (tls != null) {
            Tls.forgetSessions(tls);
        }
    }

    private static IOException closedFailure() {
        return new IOException("the connector is closed");
    }

    /**
     * Trusts only these authorities from now on, and resumes no earlier session. Open connections are kept.
     *
     * @throws IOException if they cannot be used; then nothing changes
     */
    public void renewTrust(Collection<X509Certificate> authorities) throws IOException {
        synchronized (this) {
            renew(authorities, identity);
        }
    }

    /**
     * Presents another certificate to servers that ask for one from now on, and resumes no earlier session. Open
     * connections are kept.
     *
     * @param chain the certificate, followed by those of the authorities that issued it
     * @throws IOException if they cannot be used; then nothing changes
     * @throws IllegalStateException if the connector has an {@link SSLContext}, whose trust would be lost
     */
    public void renewIdentity(PrivateKey key, List<X509Certificate> chain) throws IOException {
        synchronized (this) {
            if (given && authorities == null) {
                throw new IllegalStateException("the connector's identity is in its SSLContext");
            }
            renew(authorities, new TlsIdentity(key, chain));
        }
    }

    private synchronized void renew(@Nullable Collection<X509Certificate> trusted, @Nullable TlsIdentity own)
            throws IOException {
        SslContext context = Tls.client(trusted, own);
        forgetSessions();
        tls = context;
        authorities = trusted;
        identity = own;
    }

    /** Loading the platform's trusted authorities is slow, so it is done once, on demand. */
    private synchronized SslContext trust() throws IOException {
        SslContext context = tls;
        if (context == null) {
            context = Tls.client(authorities, identity);
            tls = context;
        }
        return context;
    }

    /** One attempt to connect: to one of the host's addresses, or to a proxy. */
    private final class Attempt {
        private final Target target;
        private final ClientUpgrade upgrade;
        private final EventLoop loop;
        private final CompletableFuture<Leg> leg;

        Attempt(Target target, ClientUpgrade upgrade, EventLoop loop, CompletableFuture<Leg> leg) {
            this.target = target;
            this.upgrade = upgrade;
            this.loop = loop;
            this.leg = leg;
        }

        void start(Routes.Route route) {
            try {
                SslContext context = upgrade.secure() ? trust() : null;
                if (route.addresses().size() == 1) {
                    single(context, route.proxy(), route.addresses().get(0));
                } else {
                    race(context, route.addresses());
                }
            } catch (IOException e) {
                leg.completeExceptionally(e);
            } catch (RuntimeException e) {
                leg.completeExceptionally(new IOException("cannot connect", e));
            }
        }

        private void single(@Nullable SslContext context, Routes.@Nullable Via proxy, InetSocketAddress address) {
            if (leg.isDone()) {
                return;
            }
            bootstrap(channel -> initialise(channel, context, proxy, leg))
                    .connect(address)
                    .addListener(connected -> {
                        if (!connected.isSuccess()) {
                            routes.forget(upgrade);
                            leg.completeExceptionally(failure(connected.cause(), proxy));
                        }
                    });
        }

        private static IOException failure(Throwable cause, Routes.@Nullable Via proxy) {
            if (proxy != null) {
                return new IOException(ProxyRefusal.unreachable(proxy.proxy(), cause), cause);
            }
            return cause instanceof IOException e ? e : new IOException("cannot connect", cause);
        }

        private void race(@Nullable SslContext context, List<InetSocketAddress> addresses) {
            leg.whenComplete((opened, failure) -> {
                if (failure != null && !(failure instanceof HandshakeException)) {
                    routes.forget(upgrade);
                }
            });
            Bootstrap bootstrap = bootstrap(connections::add);
            new AddressRace(
                            loop,
                            bootstrap,
                            addresses,
                            leg,
                            target.timeout(),
                            (channel, outcome) -> initialise(channel, context, null, outcome))
                    .start();
        }

        private Bootstrap bootstrap(Consumer<Channel> initialiser) {
            int millis = (int)
                    Math.min(Integer.MAX_VALUE, Math.max(1, target.timeout().toMillis()));
            Bootstrap bootstrap = new Bootstrap()
                    .group(loop)
                    .channelFactory(loops.channels())
                    .disableResolver()
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            initialiser.accept(channel);
                        }
                    });
            loops.settings().forEach((option, value) -> set(bootstrap, option, value));
            return bootstrap;
        }

        /** Returns the time limit for TLS, before that for everything, so that the failure says that it was TLS. */
        private Duration patience() {
            Duration most = target.timeout().multipliedBy(3).dividedBy(4);
            return most.compareTo(TLS_PATIENCE) < 0 ? most : TLS_PATIENCE;
        }

        /** Adds the handlers, which complete {@code outcome}, to a channel that is open or about to be. */
        private void initialise(
                Channel channel,
                @Nullable SslContext context,
                Routes.@Nullable Via proxy,
                CompletableFuture<Leg> outcome) {
            connections.add(channel);
            outcome.whenComplete((opened, failure) -> {
                if (failure != null) {
                    channel.close();
                }
            });
            if (closed) {
                outcome.completeExceptionally(closedFailure());
                return;
            }
            if (proxy != null) {
                ProxyTunnel.add(channel.pipeline(), proxy, target.timeout());
            }
            if (context != null) {
                channel.pipeline()
                        .addLast(
                                NettyBridgeServer.TLS,
                                Tls.handler(context, channel, patience(), upgrade.serverName(), upgrade.port()));
            }
            channel.pipeline().addLast(new HttpResponseDecoder()).addLast(new ClientHandshake(upgrade, outcome));
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> void set(Bootstrap bootstrap, ChannelOption<?> option, Object value) {
        bootstrap.option((ChannelOption<T>) option, (T) value);
    }

    /** Settings of a connector, all optional. Not thread-safe. */
    public static final class Builder {
        private @Nullable SslContext tls;
        private @Nullable Collection<X509Certificate> authorities;
        private @Nullable TlsIdentity identity;
        private boolean given;
        private @Nullable Proxies proxies;
        private Routes.Lookup lookup = HostPort::resolve;
        private int threads = Runtime.getRuntime().availableProcessors();

        private Builder() {}

        /**
         * The JDK's TLS context for {@code wss}, in place of {@link #trust} and {@link #identity}. Default: trust in
         * the platform's authorities. Host names are always verified.
         */
        public Builder sslContext(SSLContext context) {
            tls = Tls.of(context);
            authorities = null;
            identity = null;
            given = true;
            return this;
        }

        /**
         * Trusts only the authorities in a PEM file. The provider is BoringSSL if {@code netty-tcnative} is present.
         *
         * @throws IOException if the file cannot be read or has other content
         */
        public Builder trust(Path authorities) throws IOException {
            return trust(Pem.certificates(authorities));
        }

        /**
         * Trusts only these authorities, like {@link #trust(Path)}.
         *
         * @throws IOException if they cannot be used
         */
        public Builder trust(Collection<X509Certificate> authorities) throws IOException {
            tls = Tls.client(authorities, identity);
            this.authorities = List.copyOf(authorities);
            given = false;
            return this;
        }

        /**
         * Presents a certificate to servers that ask for one. Both files are in PEM and may be the same; the key is not
         * encrypted. Default: none.
         *
         * @param certificateChain the certificate, followed by its chain
         * @throws IOException if the files cannot be read, have other content, or do not belong together
         */
        public Builder identity(Path certificateChain, Path key) throws IOException {
            TlsIdentity read = TlsIdentity.read(certificateChain, key, null);
            return identity(read.key(), read.chain());
        }

        /**
         * Presents this certificate, like {@link #identity(Path, Path)}.
         *
         * @throws IOException if it cannot be used
         */
        public Builder identity(PrivateKey key, List<X509Certificate> chain) throws IOException {
            TlsIdentity own = new TlsIdentity(key, chain);
            tls = Tls.client(authorities, own);
            identity = own;
            given = false;
            return this;
        }

        /** Looks up names. */
        Builder lookup(Routes.Lookup value) {
            lookup = value;
            return this;
        }

        Builder tls(SslContext value) {
            tls = value;
            return this;
        }

        /** Selects HTTP and SOCKS 5 proxies without a user, as the JDK does. Default: none. */
        public Builder proxy(ProxySelector value) {
            return proxies(Proxies.of(value));
        }

        /** Chooses the proxy for each connection; called on a thread that may block. Default: none. */
        public Builder proxies(Proxies value) {
            proxies = value;
            return this;
        }

        /** The number of threads that serve connections. Default: one per processor. */
        public Builder threads(int value) {
            if (value <= 0) {
                throw new IllegalArgumentException("must be positive");
            }
            threads = value;
            return this;
        }

        /** Builds the connector. */
        public NettyConnector build() {
            return new NettyConnector(this);
        }
    }
}
