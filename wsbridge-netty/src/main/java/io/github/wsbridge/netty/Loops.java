package io.github.wsbridge.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The threads that serve connections, and the type of their channels: epoll on Linux, NIO elsewhere. */
final class Loops implements AutoCloseable {

    /** The system property that forces NIO if it is true. */
    static final String NO_EPOLL = "io.github.wsbridge.netty.noEpoll";

    private static final int HIGH_WATER = 64 * 1024;
    private static final int LOW_WATER = 32 * 1024;
    private static final int SHUTDOWN_SECONDS = 5;
    private static final int KEEPALIVE_IDLE_SECONDS = 20;
    private static final int KEEPALIVE_PROBE_SECONDS = 5;
    private static final int KEEPALIVE_PROBES = 3;
    private static final int SOL_SOCKET = 1; // Linux
    private static final int SOL_TCP = 6;

    /**
     * The maximum number of unsent bytes in the kernel. Without a limit, the kernel buffers several megabytes for a
     * peer that does not read, and a few hundred such peers slow down every connection of the machine.
     */
    private static final long UNSENT = 256 * 1024;

    private final boolean epoll = Epoll.isAvailable() && !Boolean.getBoolean(NO_EPOLL);
    private final EventLoopGroup group;

    /** Creates a group of daemon threads, each started when it is first needed. */
    Loops(String name, int threads) {
        group =
                new MultiThreadIoEventLoopGroup(
                        threads,
                        new DefaultThreadFactory(name, true),
                        epoll ? KeepingEpoll.newFactory() : NioIoHandler.newFactory()) {
                    @Override
                    protected IoEventLoop newChild(Executor thread, IoHandlerFactory handlers, Object... none) {
                        return new Loop(this, thread, handlers);
                    }
                };
    }

    /** Returns the options of TCP connections. */
    Map<ChannelOption<?>, Object> settings() {
        Map<ChannelOption<?>, Object> settings = unixSettings();
        settings.putAll(keepAlive());
        settings.put(ChannelOption.TCP_NODELAY, true);
        if (epoll) {
            settings.put(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT);
        }
        return settings;
    }

    /**
     * Returns the options of a listener that its connections inherit, so that they cost no system calls for each. They
     * are {@link #settings} that {@link #unixSettings} lacks; with epoll all of them, otherwise none.
     */
    Map<ChannelOption<?>, Object> inheritable() {
        return epoll
                ? Map.of(
                        integer("SO_KEEPALIVE", SOL_SOCKET, 9),
                        1,
                        integer("TCP_NODELAY", SOL_TCP, 1),
                        1,
                        integer("TCP_KEEPIDLE", SOL_TCP, 4),
                        KEEPALIVE_IDLE_SECONDS,
                        integer("TCP_KEEPINTVL", SOL_TCP, 5),
                        KEEPALIVE_PROBE_SECONDS,
                        integer("TCP_KEEPCNT", SOL_TCP, 6),
                        KEEPALIVE_PROBES,
                        integer("TCP_NOTSENT_LOWAT", SOL_TCP, 25),
                        (int) UNSENT)
                : Map.of();
    }

    private static ChannelOption<Integer> integer(String name, int level, int option) {
        return new IntegerUnixChannelOption("wsbridge." + name, level, option);
    }

    /** Returns the options that each connection of a listener needs besides the {@link #inheritable}. */
    Map<ChannelOption<?>, Object> accepted() {
        return epoll ? unixSettings() : settings();
    }

    /** Returns the options of Unix sockets, which all connections share. Connections read only on request. */
    @SuppressWarnings("deprecation") // Netty's own default for sockets is set by this option too
    Map<ChannelOption<?>, Object> unixSettings() {
        Map<ChannelOption<?>, Object> settings = new HashMap<>();
        settings.put(ChannelOption.AUTO_READ, false);
        settings.put(ChannelOption.RCVBUF_ALLOCATOR, new ReadBuffers());
        settings.put(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(LOW_WATER, HIGH_WATER));
        settings.put(ChannelOption.MESSAGE_SIZE_ESTIMATOR, (MessageSizeEstimator) () -> Loops::memory);
        return settings;
    }

    /**
     * Returns the options by which the kernel ends an idle connection whose peer is dead: with epoll after 35 seconds,
     * elsewhere after the system's default.
     */
    private Map<ChannelOption<?>, Object> keepAlive() {
        Map<ChannelOption<?>, Object> settings = new HashMap<>();
        settings.put(ChannelOption.SO_KEEPALIVE, true);
        if (epoll) {
            settings.put(EpollChannelOption.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
            settings.put(EpollChannelOption.TCP_KEEPINTVL, KEEPALIVE_PROBE_SECONDS);
            settings.put(EpollChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
        }
        return settings;
    }

    /**
     * Returns the memory of a message that waits to be written: the buffer's capacity, even if little of it is used.
     */
    private static int memory(Object message) {
        return message instanceof ByteBuf bytes ? bytes.capacity() : 0;
    }

    EventLoopGroup group() {
        return group;
    }

    /**
     * Returns the loop for a new connection: the calling one, if it is one of these and not much busier than another,
     * since the connection is usually joined with one that the caller serves.
     */
    EventLoop next() {
        Loop next = (Loop) group.next();
        for (var loop : group) {
            if (loop.inEventLoop()) {
                return Loop.nearer((Loop) loop, next);
            }
        }
        return next;
    }

    Class<? extends ServerChannel> serverChannel() {
        return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    ChannelFactory<Channel> channels() {
        return epoll ? EpollSocketChannel::new : NioSocketChannel::new;
    }

    /** Returns whether there are Unix sockets. Netty's NIO transport has some, but they do not support half-close. */
    boolean hasUnixSockets() {
        return epoll;
    }

    /** Closes the connections and stops the threads; waits for both, unless called on one of the threads. */
    void close(ChannelGroup connections) {
        List<ChannelLeg> legs = connections.stream()
                .map(channel -> channel.pipeline().get(ChannelLeg.class))
                .filter(Objects::nonNull)
                .toList();
        await(connections.close());
        legs.forEach(ChannelLeg::abort); // legs with data that was not demanded have not reported their end yet
        close();
    }

    /** Stops the threads and waits for them, unless called on one of them. */
    @Override
    public void close() {
        await(group.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS));
    }

    /** Waits for a task of the threads for a limited time; returns immediately on one of the threads. */
    void await(Future<?> done) {
        for (var loop : group) {
            if (loop.inEventLoop()) {
                return;
            }
        }
        done.awaitUninterruptibly(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
    }
}
