package io.github.wsbridge.launcher.management;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.metrics.BridgeMetrics;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.BridgeServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers an operator's questions about a node, on an address and on a thread of its own: the status page at {@code
 * /}, {@code /events}, {@code /metrics}, {@code /status}, {@code /devices}, {@code /livez}, {@code /readyz}. Probes are
 * answered to
 * everybody, the rest to those whom {@link ReadAccess} lets in. Bound on creation; connections wait until {@link #serve}.
 *
 * <p>Nothing waits for a client: its request and its reading of the answer are given a certain time, and of too many
 * connections, the oldest that has not been answered yet is closed.
 */
public final class ManagementPort implements AutoCloseable {

    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private static final int BACKLOG = 64;
    private static final int MOST_CONNECTIONS = 200;
    private static final int MOST_LINE = 4096;
    private static final int MOST_HEADER = 8192;
    private static final int MOST_BODY = 1024;
    private static final long STOP_SECONDS = 5;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("wsbridge-management", true), NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final Set<Channel> talking = new LinkedHashSet<>(); // the oldest first; confined to the loop
    private final ReadAccess access;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final BridgeMetrics metrics = new BridgeMetrics(registry);
    private final Refusals refusals = new Refusals();
    private final Channel server;

    private volatile @Nullable Supplier<Conversation> conversations;

    /**
     * Binds the port.
     *
     * @param key what readers elsewhere must present; null if they cannot read
     * @param changeKey what whoever changes something must present; null if nobody can
     * @throws IOException if the address cannot be bound
     */
    public ManagementPort(
            InetSocketAddress address, @Nullable Supplier<String> key, @Nullable Supplier<String> changeKey)
            throws IOException {
        access = new ReadAccess(key, changeKey);
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        begin(channel);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS);
            throw bound.cause() instanceof IOException e ? e : new IOException("cannot listen", bound.cause());
        }
        server = bound.channel();
    }

    private void begin(Channel channel) {
        Supplier<Conversation> next = conversations;
        if (talking.size() >= MOST_CONNECTIONS) {
            talking.iterator().next().close();
        }
        if (next == null || talking.size() >= MOST_CONNECTIONS) {
            channel.close();
            return;
        }
        talking.add(channel);
        channel.closeFuture().addListener(closed -> talking.remove(channel));
        channel.pipeline()
                .addLast(
                        new HttpServerCodec(MOST_LINE, MOST_HEADER, MOST_HEADER),
                        new HttpObjectAggregator(MOST_BODY, true),
                        next.get());
    }

    /** Returns what has to be told of the node's events, to be added to its listeners. */
    public List<BridgeListener> listeners() {
        return List.of(metrics, refusals);
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    /**
     * Begins to answer.
     *
     * @param servers the node's servers, by what they are for
     * @param version the program's version
     * @throws IOException if a file of the status page is missing
     */
    public void serve(BridgeNode node, Map<String, BridgeServer> servers, String version) throws IOException {
        metrics.bind(node);
        servers.forEach((name, bound) -> metrics.bind(bound, name));
        metrics.bindProcess();
        metrics.bindVersion(version);
        Status status = new Status(node, servers, version, Instant.now());
        Map<String, Supplier<Answer>> pages = new HashMap<>(StatusPage.files());
        pages.put("/metrics", () -> Answer.ok(PROMETHEUS, registry.scrape()));
        pages.put("/status", () -> Answer.ok(Answer.JSON, status.json(Instant.now())));
        pages.put("/devices", () -> Answer.ok(Answer.JSON, status.devices()));
        Answers answers = new Answers(node, access, pages, loop);
        Watchers watchers = new Watchers(
                new Pulse(
                        node::bridges, node::listening, () -> status.object(Instant.now()), refusals, access.changes()),
                loop);
        conversations = () -> new Conversation(answers, access, watchers, talking::remove);
        server.config().setAutoRead(true);
    }

    @Override
    public void close() {
        server.close().awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
        group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS); // closes the connections
        metrics.close();
        registry.close();
    }
}
