package io.github.wsbridge.launcher.home;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerExpectContinueHandler;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * The web server of the simulated device: a page with pictures, a chart over WebSocket, a log by Server-Sent Events,
 * and an upload that is answered with its SHA-256. It listens on the loopback address only, and its links are relative,
 * so the page works under any host name and path. One daemon thread; thread-safe.
 */
public final class HomePage implements AutoCloseable {

    private static final int IDLE_SECONDS = 120;
    private static final int MOST_CONNECTIONS = 256;
    private static final int MOST_MESSAGE = 4096;
    private static final long STOP_SECONDS = 5;

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("home-page", true), NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Content content;
    private final Journal journal = new Journal(loop.next());
    private final InetSocketAddress address;

    private HomePage(String device) throws IOException {
        try {
            content = Content.of(device);
            address = bind();
        } catch (IOException | RuntimeException e) {
            loop.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS);
            throw e;
        }
        journal.start();
    }

    /**
     * Starts to serve, on a free port.
     *
     * @param device what the page calls the device, such as {@code device 1}
     */
    public static HomePage start(String device) throws IOException {
        return new HomePage(device);
    }

    /** Returns the address that it listens on. */
    public InetSocketAddress address() {
        return address;
    }

    private InetSocketAddress bind() throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        begin(channel);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw bound.cause() instanceof IOException e ? e : new IOException("cannot listen", bound.cause());
        }
        connections.add(bound.channel());
        return (InetSocketAddress) bound.channel().localAddress();
    }

    private void begin(Channel channel) {
        if (connections.size() > MOST_CONNECTIONS) {
            channel.close();
            return;
        }
        connections.add(channel);
        channel.pipeline()
                .addLast(
                        new IdleStateHandler(0, 0, IDLE_SECONDS),
                        new HttpServerCodec(),
                        new HttpServerExpectContinueHandler(),
                        new WebSocketServerProtocolHandler(WebSocketServerProtocolConfig.newBuilder()
                                .websocketPath("/chart")
                                .maxFramePayloadLength(MOST_MESSAGE)
                                .build()),
                        new Chart(journal),
                        new Answers(content, journal));
    }

    /** Stops listening and drops the connections. */
    @Override
    public void close() {
        connections.close().awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
        loop.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS);
    }
}
