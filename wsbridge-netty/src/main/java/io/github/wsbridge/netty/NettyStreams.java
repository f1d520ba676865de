package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.SocketFile;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Errors;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TCP connections and, with epoll, Unix sockets on the threads of a connector or a server, so that they can be joined
 * with its WebSockets.
 */
final class NettyStreams implements StreamTransport {

    private static final Logger log = LoggerFactory.getLogger(NettyStreams.class);
    private static final int PAUSE_MILLIS = 100;
    private static final int CONNECT_AGAIN_MILLIS = 10;

    private final Loops loops;
    private final ChannelGroup connections;
    private final Map<ChannelOption<?>, Object> tcp; // options of connections that are dialled
    private final Map<ChannelOption<?>, Object> unix;
    private volatile @Nullable Loop joinedOn; // where the latest dialled connection was joined with a session's stream

    /**
     * Creates a transport.
     *
     * @param connections the group that all connections are added to; once closed, it closes new ones
     */
    NettyStreams(Loops loops, ChannelGroup connections) {
        this.loops = loops;
        this.connections = connections;
        this.tcp = halfClosing(loops.settings());
        this.unix = halfClosing(loops.unixSettings());
    }

    private static Map<ChannelOption<?>, Object> halfClosing(Map<ChannelOption<?>, Object> settings) {
        settings.put(ChannelOption.ALLOW_HALF_CLOSURE, true);
        return settings;
    }

    @Override
    public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
        CompletableFuture<Leg> leg = new CompletableFuture<>();
        boolean local = address instanceof UnixDomainSocketAddress;
        SocketAddress to;
        try {
            to = address instanceof UnixDomainSocketAddress file ? unixAddress(file) : address;
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        Bootstrap bootstrap = new Bootstrap()
                .group(dialling())
                .channelFactory(local ? EpollDomainSocketChannel::new : loops.channels())
                .disableResolver()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, Math.max(1, timeout.toMillis())))
                .handler(new Beginning(
                        connections,
                        (opened, peer) -> {
                            if (!leg.complete(opened)) {
                                opened.abort(); // the caller has given up
                            }
                        },
                        loop -> joinedOn = loop));
        (local ? unix : tcp).forEach((option, value) -> set(bootstrap, option, value));
        connect(bootstrap, to, leg, System.nanoTime() + timeout.toNanos());
        return leg;
    }

    /**
     * Returns the calling loop if the latest connection was joined with a stream of a session there: the next probably
     * will be. Otherwise any, so that a device uses all.
     */
    private EventLoopGroup dialling() {
        Loop likely = joinedOn;
        return likely != null && likely.inEventLoop() ? likely : loops.group();
    }

    private void connect(Bootstrap bootstrap, SocketAddress to, CompletableFuture<Leg> leg, long deadline) {
        ChannelFuture connecting = bootstrap.connect(to);
        leg.whenComplete((opened, failure) -> {
            if (failure != null) {
                connecting.channel().close(); // the caller has given up, unless this failed
            }
        });
        connecting.addListener(connected -> {
            Throwable cause = connected.cause();
            if (cause != null && isBacklogFull(cause) && !leg.isDone() && System.nanoTime() - deadline < 0) {
                loops.group()
                        .schedule(
                                () -> connect(bootstrap, to, leg, deadline),
                                CONNECT_AGAIN_MILLIS,
                                TimeUnit.MILLISECONDS)
                        .addListener(again -> failIf(again.cause(), leg)); // if the loops are shut down
            } else {
                failIf(cause, leg);
            }
        });
    }

    /** TCP waits for room in the backlog; a connect of a non-blocking Unix socket fails. */
    private static boolean isBacklogFull(Throwable cause) {
        return cause instanceof ConnectException
                && String.valueOf(cause.getMessage()).contains("(" + Errors.ERRNO_EAGAIN_NEGATIVE + ")");
    }

    private static void failIf(@Nullable Throwable cause, CompletableFuture<Leg> leg) {
        if (cause != null) {
            leg.completeExceptionally(cause instanceof IOException e ? e : new IOException("cannot connect", cause));
        }
    }

    @Override
    @SuppressWarnings("deprecation") // there is no other way without an allocator
    public Listening listen(SocketAddress address, Limits limits, BiConsumer<Leg, Peer> accepted) throws IOException {
        boolean unix = address instanceof UnixDomainSocketAddress;
        Map<ChannelOption<?>, Object> settings = halfClosing(unix ? loops.unixSettings() : loops.accepted());
        Bootstrap bootstrap = new Bootstrap() // for the listener alone: the room begins its connections
                .group(loops.group())
                .channel(unix ? EpollServerDomainSocketChannel.class : loops.serverChannel())
                .option(ChannelOption.SO_BACKLOG, limits.backlog())
                .option(ChannelOption.MAX_MESSAGES_PER_READ, 1) // so that the limit is never exceeded
                .handler(new Room(limits.maxConnections(), loops.group(), settings, connections, accepted));
        if (address instanceof UnixDomainSocketAddress at) {
            check(at);
            return new UnixListening(at, path -> bind(bootstrap, new DomainSocketAddress(path.toFile())), loops);
        }
        bootstrap.option(ChannelOption.SO_REUSEADDR, true);
        loops.inheritable().forEach((option, value) -> set(bootstrap, option, value));
        Channel channel = bind(bootstrap, address);
        return new Listening() {
            @Override
            public SocketAddress address() {
                return channel.localAddress();
            }

            @Override
            public void close() {
                loops.await(channel.close());
            }
        };
    }

    private SocketAddress unixAddress(UnixDomainSocketAddress address) throws IOException {
        check(address);
        return new DomainSocketAddress(address.getPath().toFile());
    }

    private void check(UnixDomainSocketAddress address) throws IOException {
        if (!loops.hasUnixSockets()) {
            throw new IOException("Unix sockets on Netty need epoll, which only Linux has");
        }
        SocketFile.check(address);
    }

    private Channel bind(Bootstrap bootstrap, SocketAddress address) throws IOException {
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            Throwable cause = bound.cause();
            throw cause instanceof IOException e ? e : new IOException("cannot listen on " + address, cause);
        }
        connections.add(bound.channel());
        return bound.channel();
    }

    @SuppressWarnings("unchecked")
    private static <T> void set(Bootstrap bootstrap, ChannelOption<?> option, Object value) {
        bootstrap.option((ChannelOption<T>) option, (T) value);
    }

    /** Creates the leg once the channel is connected. Of several attempts to connect, each has the same. */
    @ChannelHandler.Sharable
    private static final class Beginning extends ChannelInboundHandlerAdapter {
        private final ChannelGroup connections;
        private final BiConsumer<Leg, Peer> taker;
        private final Consumer<@Nullable Loop> follows;

        Beginning(ChannelGroup connections, BiConsumer<Leg, Peer> taker, Consumer<@Nullable Loop> follows) {
            this.connections = connections;
            this.taker = taker;
            this.follows = follows;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            connections.add(context.channel());
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            TcpLeg leg = new TcpLeg(context.channel(), follows);
            context.pipeline().replace(this, null, leg);
            taker.accept(leg, new Peer(ServerHandshake.address(context.channel())));
        }
    }

    /**
     * Accepts connections up to the limit; others wait in the backlog. A connection begins on the loop where the latest
     * was joined with a stream of a session, so that it need not move, the first on the listener's own, others on any.
     * Confined to the listener's loop.
     */
    private static final class Room extends ChannelInboundHandlerAdapter {
        private final int most;
        private final EventLoopGroup loops;
        private final Map<ChannelOption<?>, Object> settings;
        private final ChannelGroup connections;
        private final BiConsumer<Leg, Peer> taker;
        private volatile @Nullable EventLoop likely;
        private int open;
        private boolean pausing;
        private boolean told;

        Room(
                int most,
                EventLoopGroup loops,
                Map<ChannelOption<?>, Object> settings,
                ChannelGroup connections,
                BiConsumer<Leg, Peer> taker) {
            this.most = most;
            this.loops = loops;
            this.settings = settings;
            this.connections = connections;
            this.taker = taker;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            likely = context.channel().eventLoop();
            context.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            open++;
            told = false;
            EventExecutor here = context.executor();
            ((Channel) accepted).closeFuture().addListener(closed -> {
                if (here.inEventLoop()) {
                    leave(context);
                } else {
                    here.execute(() -> leave(context));
                }
            });
            accept(context);
            begin((Channel) accepted);
        }

        private void leave(ChannelHandlerContext context) {
            open--;
            accept(context);
        }

        private void begin(Channel channel) {
            settings.forEach((option, value) -> set(channel, option, value));
            channel.pipeline().addLast(new Beginning(connections, taker, loop -> likely = loop));
            EventLoop loop = likely;
            if (loop == null || loop.isShuttingDown()) { // it may be that of another connector
                loop = loops.next();
            }
            loop.register(channel).addListener(registered -> {
                if (!registered.isSuccess()) {
                    channel.unsafe().closeForcibly();
                }
            });
        }

        @SuppressWarnings("unchecked")
        private static <T> void set(Channel channel, ChannelOption<?> option, Object value) {
            try {
                channel.config().setOption((ChannelOption<T>) option, (T) value);
            } catch (RuntimeException e) { // some systems refuse it once the peer has gone, as the channel will notice
                log.debug("The option {} of {} cannot be set", option, channel, e);
            }
        }

        private void accept(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(open < most && !pausing);
        }

        /** Called if accepting fails, most likely because no file descriptors are left. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (!told) {
                told = true;
                log.warn(
                        "The listener at {} cannot accept connections and keeps trying: {}",
                        context.channel().localAddress(),
                        cause.toString());
            }
            pausing = true;
            accept(context);
            context.executor()
                    .schedule(
                            () -> {
                                pausing = false;
                                accept(context);
                            },
                            PAUSE_MILLIS,
                            TimeUnit.MILLISECONDS);
        }
    }
}
