package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.SocketFile;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Errors;
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

    /**
     * Creates a transport.
     *
     * @param connections the group that all connections are added to; once closed, it closes new ones
     */
    NettyStreams(Loops loops, ChannelGroup connections) {
        this.loops = loops;
        this.connections = connections;
    }

    private Map<ChannelOption<?>, Object> settings(boolean unix) {
        Map<ChannelOption<?>, Object> settings = unix ? loops.unixSettings() : loops.settings();
        settings.put(ChannelOption.ALLOW_HALF_CLOSURE, true);
        return settings;
    }

    @Override
    public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
        CompletableFuture<Leg> leg = new CompletableFuture<>();
        boolean unix = address instanceof UnixDomainSocketAddress;
        SocketAddress to;
        try {
            to = address instanceof UnixDomainSocketAddress file ? unixAddress(file) : address;
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        Bootstrap bootstrap = new Bootstrap()
                .group(loops.group()) // not the calling loop, so that a device uses all
                .channel(unix ? EpollDomainSocketChannel.class : loops.channel())
                .disableResolver()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, Math.max(1, timeout.toMillis())))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline().addLast(new Beginning((opened, peer) -> {
                            if (!leg.complete(opened)) {
                                opened.abort(); // the caller has given up
                            }
                        }));
                    }
                });
        settings(unix).forEach((option, value) -> set(bootstrap, option, value));
        connect(bootstrap, to, leg, System.nanoTime() + timeout.toNanos());
        return leg;
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
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.group())
                .channel(unix ? EpollServerDomainSocketChannel.class : loops.serverChannel())
                .option(ChannelOption.SO_BACKLOG, limits.backlog())
                .option(ChannelOption.MAX_MESSAGES_PER_READ, 1) // so that the limit is never exceeded
                .handler(new Room(limits.maxConnections()))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline().addLast(new Beginning(accepted));
                    }
                });
        settings(unix).forEach((option, value) -> child(bootstrap, option, value));
        if (address instanceof UnixDomainSocketAddress at) {
            check(at);
            return new UnixListening(at, path -> bind(bootstrap, new DomainSocketAddress(path.toFile())), loops);
        }
        bootstrap.option(ChannelOption.SO_REUSEADDR, true);
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

    private Channel bind(ServerBootstrap bootstrap, SocketAddress address) throws IOException {
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

    @SuppressWarnings("unchecked")
    private static <T> void child(ServerBootstrap bootstrap, ChannelOption<?> option, Object value) {
        bootstrap.childOption((ChannelOption<T>) option, (T) value);
    }

    /** Creates the leg once the channel is connected. */
    private static final class Beginning extends ChannelInboundHandlerAdapter {
        private final BiConsumer<Leg, Peer> taker;

        Beginning(BiConsumer<Leg, Peer> taker) {
            this.taker = taker;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            TcpLeg leg = new TcpLeg(context.channel());
            context.pipeline().replace(this, null, leg);
            taker.accept(leg, new Peer(ServerHandshake.address(context.channel())));
        }
    }

    /** Accepts connections up to the limit; others wait in the backlog. Confined to the listener's loop. */
    private static final class Room extends ChannelInboundHandlerAdapter {
        private final int most;
        private int open;
        private boolean pausing;
        private boolean told;

        Room(int most) {
            this.most = most;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            open++;
            told = false;
            ((Channel) accepted)
                    .closeFuture()
                    .addListener(closed -> context.executor().execute(() -> {
                        open--;
                        accept(context);
                    }));
            accept(context);
            context.fireChannelRead(accepted);
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
