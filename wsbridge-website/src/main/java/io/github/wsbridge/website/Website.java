package io.github.wsbridge.website;

import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.wire.concurrent.Lasting;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.net.TlsRules;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A website at which the pages of devices are opened in a browser: a reverse proxy from browsers, over streams to
 * devices, to the devices' own web servers. Each device has its own host name below that of the website, so that
 * neither links nor cookies nor scripts of one concern another. At the website's own name is a list of devices.
 *
 * <p>Bodies stream in both directions in constant memory; a slow browser or device slows down its own exchange only.
 * WebSockets pass through. Thread-safe; nothing blocks except starting and closing.
 */
public final class Website implements AutoCloseable {

    private static final int LOW_WATER = 32 * 1024;
    private static final int HIGH_WATER = 64 * 1024;
    private static final int MOST_THREADS = 4;
    private static final int PORT = 8081;
    private static final int BACKLOG = 1024;
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);
    private static final long STOP_SECONDS = 5;
    private static final long CLOSE_SECONDS = 1;
    private static final long SWEEP_SECONDS = 15;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
            Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()),
            new DefaultThreadFactory("wsbridge-website", true),
            NioIoHandler.newFactory());
    private final Limits limits;
    private final AtomicInteger connections = new AtomicInteger();
    private final ChannelGroup browsers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final ChannelGroup devices = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Builder settings;
    private volatile @Nullable SslContext tls;
    private final Channel listening;
    private final SiteUrl site;
    private final Router router;

    private Website(Builder settings) throws IOException {
        this.settings = settings;
        limits = settings.limits;
        tls = settings.tls;
        ChannelFuture binding = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.AUTO_READ, false) // until everything is ready
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(LOW_WATER, HIGH_WATER))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        serve(channel);
                    }
                })
                .bind(settings.address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw binding.cause() instanceof IOException failure ? failure : new IOException(binding.cause());
        }
        listening = binding.channel();
        String scheme = tls == null ? "http" : "https";
        site = settings.site != null
                ? settings.site
                : SiteUrl.of(URI.create(scheme + "://localhost:" + address().getPort()));
        SignIns signIns = settings.signIn ? new SignIns(this::access, InstantSource.system()) : null;
        router = new Router(settings, site, signIns, signIns == null ? access(Builder.ANYBODY) : null);
        if (signIns != null) {
            loops.scheduleWithFixedDelay(
                    new Lasting(signIns::removeEnded), SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
        }
        listening.config().setAutoRead(true);
    }

    /**
     * Returns a builder for a website.
     *
     * @param dialer opens streams to the devices, each of which is a connection to the device's web server
     */
    public static Builder builder(DeviceDialer dialer) {
        return new Builder(visitor -> target -> new DialledChannels(dialer, target), false);
    }

    /**
     * Returns a builder for a website whose visitors sign in, each with a credential of their own. The website does not
     * check it but uses it toward the bridge, which decides on each device. The start page lists what a visitor has
     * opened before; {@link Builder#devices} tells the state of these only.
     *
     * @param dialers makes what opens streams in the name of a visitor. Called on an event loop: must not block. For as
     *     long as the visitor is signed in, at most twelve hours
     */
    public static Builder builder(Function<Visitor, DeviceDialer> dialers) {
        return new Builder(
                visitor -> {
                    DeviceDialer dialer = dialers.apply(visitor);
                    return target -> new DialledChannels(dialer, target);
                },
                true);
    }

    /**
     * Returns a builder for a website whose devices are reached in another way.
     *
     * @param channels makes what opens channels, for a visitor if visitors sign in
     */
    static Builder over(Function<Visitor, DeviceChannels> channels, boolean signIn) {
        return new Builder(
                visitor -> {
                    DeviceChannels made = channels.apply(visitor);
                    return target -> made;
                },
                signIn);
    }

    static Builder over(DeviceChannels channels) {
        return over(visitor -> channels, false);
    }

    private Access access(Visitor visitor) {
        Function<String, DeviceChannels> channels = settings.access.apply(visitor);
        String line = settings.terminal;
        return new Access(channels.apply(settings.target), line == null ? null : channels.apply(line))
                .heardBy(devices::add);
    }

    private void serve(Channel channel) {
        if (connections.incrementAndGet() > limits.connections()) {
            connections.decrementAndGet();
            channel.close();
            return;
        }
        channel.closeFuture().addListener(closed -> connections.decrementAndGet());
        SslContext context = tls;
        if (context != null) {
            SslHandler handler = context.newHandler(channel.alloc());
            handler.setHandshakeTimeoutMillis(HANDSHAKE.toMillis());
            channel.pipeline().addLast(handler);
        }
        browsers.add(channel);
        BrowserConnection.install(channel, router, limits);
    }

    /** Returns the address at which the website listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Returns the URL of the start page. */
    public URI url() {
        return URI.create(site.toString());
    }

    /** Returns the URL of a device's pages; empty if the device's id is too long for a host name. */
    public Optional<URI> url(String deviceId) {
        return site.of(deviceId).map(base -> URI.create(base + "/"));
    }

    /**
     * Replaces the certificate for connections from now on.
     *
     * @throws IOException if they do not fit together
     * @throws IllegalStateException if the website does not use TLS
     */
    public void renewTls(PrivateKey key, List<X509Certificate> chain) throws IOException {
        if (tls == null) {
            throw new IllegalStateException("this website does not use TLS");
        }
        tls = context(new TlsIdentity(key, chain));
    }

    private static SslContext context(TlsIdentity identity) throws IOException {
        if (!identity.fits()) {
            throw new IOException("the certificate is not that of the key: " + identity);
        }
        try {
            return SslContextBuilder.forServer(identity.key(), identity.chain())
                    .protocols(TlsRules.PROTOCOLS)
                    .ciphers(TlsRules.SUITES, SupportedCipherSuiteFilter.INSTANCE)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot use the certificate " + identity, e);
        }
    }

    /** Stops listening, drops the connections, and ends attempts to reach devices. Waits for at most seven seconds. */
    @Override
    public void close() {
        listening.close();
        browsers.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS); // which ends their attempts to dial
        devices.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        loops.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }

    /** Settings of a website. Not thread-safe. */
    public static final class Builder {

        /** Nobody in particular, if nobody signs in. */
        private static final Visitor ANYBODY = new Visitor("", InetAddress.getLoopbackAddress());

        private final Function<Visitor, Function<String, DeviceChannels>> access;
        private final boolean signIn;
        private InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT);
        private @Nullable SiteUrl site;
        private @Nullable SslContext tls;
        String target = "http";

        @Nullable
        String terminal;

        @Nullable
        String host;

        DeviceList devices = Map::of;
        Limits limits = Limits.DEFAULT;

        private Builder(Function<Visitor, Function<String, DeviceChannels>> access, boolean signIn) {
            this.access = access;
            this.signIn = signIn;
        }

        /** Sets the address to listen on; port 8081 of the loopback interface by default. */
        public Builder address(InetSocketAddress value) {
            address = value;
            return this;
        }

        /**
         * Sets the URL at which browsers find the website. Devices are at names below its host, so DNS needs a wildcard
         * for it. By default, {@code localhost} with the port of the address, whose names below browsers resolve to
         * their own machine.
         *
         * @throws IllegalArgumentException if it is not {@code http} or {@code https}, a host name and maybe a port
         */
        public Builder url(URI value) {
            site = SiteUrl.of(value);
            return this;
        }

        /**
         * Uses TLS; by default, not.
         *
         * @param key the private key
         * @param chain the certificate for the host of the URL and for the names below it, followed by its issuers
         * @throws IOException if they do not fit together
         */
        public Builder tls(PrivateKey key, List<X509Certificate> chain) throws IOException {
            tls = context(new TlsIdentity(key, chain));
            return this;
        }

        /** Sets the name of the devices' web server among their targets; {@code http} by default. */
        public Builder target(String name) {
            target = name;
            return this;
        }

        /**
         * Sets the {@code Host} that devices see; by default, the one that browsers ask for. For web servers that
         * answer to one name only.
         */
        public Builder host(String value) {
            host = value;
            return this;
        }

        /**
         * Offers terminals, to a target of the devices whose bytes are those of a terminal line; by default, there are
         * none. Devices decide whether they have such a target.
         */
        public Builder terminal(String name) {
            terminal = name;
            return this;
        }

        /** Sets the devices that the start page lists; none by default. Others can be opened by their names. */
        public Builder devices(DeviceList value) {
            devices = value;
            return this;
        }

        /** Sets the most bytes that the body of a request may have; unlimited by default. */
        public Builder maxBody(long bytes) {
            limits = limits.withBody(bytes);
            return this;
        }

        /** Sets the most connections from browsers; 4,096 by default. Further ones are closed. */
        public Builder maxConnections(int count) {
            limits = limits.withConnections(count);
            return this;
        }

        Builder limits(Limits value) {
            limits = value;
            return this;
        }

        /**
         * Starts the website. Blocks only while it binds.
         *
         * @throws IOException if the address cannot be bound
         */
        public Website start() throws IOException {
            return new Website(this);
        }
    }
}
