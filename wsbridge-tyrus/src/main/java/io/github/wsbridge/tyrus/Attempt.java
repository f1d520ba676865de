package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.Reasons;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.github.wsbridge.wire.websocket.Refusal;
import jakarta.websocket.Session;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.CloseListener;
import org.glassfish.grizzly.CloseType;
import org.glassfish.grizzly.Closeable;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.EmptyCompletionHandler;
import org.glassfish.grizzly.GrizzlyFuture;
import org.glassfish.grizzly.filterchain.BaseFilter;
import org.glassfish.grizzly.filterchain.FilterChain;
import org.glassfish.grizzly.filterchain.FilterChainBuilder;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.glassfish.grizzly.filterchain.TransportFilter;
import org.glassfish.grizzly.http.HttpClientFilter;
import org.glassfish.grizzly.http.HttpContent;
import org.glassfish.grizzly.http.HttpRequestPacket;
import org.glassfish.grizzly.http.HttpResponsePacket;
import org.glassfish.grizzly.http.Method;
import org.glassfish.grizzly.http.Protocol;
import org.glassfish.grizzly.memory.Buffers;
import org.glassfish.grizzly.nio.transport.TCPNIOConnectorHandler;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.glassfish.tyrus.container.grizzly.client.GrizzlyWriter;
import org.glassfish.tyrus.core.CloseReasons;
import org.glassfish.tyrus.core.TyrusUpgradeResponse;
import org.glassfish.tyrus.spi.ClientEngine;
import org.glassfish.tyrus.spi.UpgradeRequest;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection, and the last filter of its chain. Sends the request to a proxy, if there is one, leaves the
 * handshake to Tyrus' engine, and then passes frames through the {@link Conduit}.
 */
final class Attempt extends BaseFilter {

    /** Chooses the proxy of a connection; null for none. May block. */
    interface Router {
        @Nullable
        Via via(ClientUpgrade upgrade) throws IOException;
    }

    private enum Phase {
        PROXY,
        HANDSHAKE,
        FRAMES
    }

    /** Grizzly's HTTP response parser. */
    private static final class Codec extends HttpClientFilter {
        /** Prepares for another response on the same connection. */
        void reset(Connection<?> connection) {
            clearResponse(connection);
        }
    }

    private final ClientUpgrade upgrade;
    private final CompletableFuture<Leg> leg;
    private final @Nullable SSLContext tls;
    private final @Nullable InetSocketAddress server;
    private final Router router;
    private final ScheduledExecutorService timer;
    private final Consumer<Attempt> onClosed;
    private final Codec codec = new Codec();

    private volatile Phase phase;
    private volatile @Nullable Via via;
    private volatile @Nullable ClientEngine engine;
    private volatile @Nullable UpgradeRequest request;
    private volatile @Nullable GrizzlyFuture<?> connecting;
    private volatile @Nullable Connection<?> connection;
    private volatile @Nullable Conduit conduit;
    private volatile org.glassfish.tyrus.spi.@Nullable Connection tyrus;

    /**
     * Creates an attempt that has not begun.
     *
     * @param leg the result: Tyrus' endpoint completes it, and a failure {@linkplain #drop drops} the connection
     * @param tls encrypts the connection; null for none
     * @param server the address to connect to; null to look it up, or for the proxy
     * @param router chooses the proxy, unless there is an address
     * @param onClosed called when the connection is closed
     */
    Attempt(
            ClientUpgrade upgrade,
            CompletableFuture<Leg> leg,
            @Nullable SSLContext tls,
            @Nullable InetSocketAddress server,
            Router router,
            ScheduledExecutorService timer,
            Consumer<Attempt> onClosed) {
        this.upgrade = upgrade;
        this.leg = leg;
        this.tls = tls;
        this.server = server;
        this.router = router;
        this.timer = timer;
        this.onClosed = onClosed;
        this.phase = Phase.HANDSHAKE;
    }

    /** Returns the conduit that the session's leg uses. */
    Conduit conduitFor(Session session) {
        return conduit().forSession(session);
    }

    /** Fails the attempt, unless it already has a leg. */
    void fail(IOException failure) {
        leg.completeExceptionally(failure);
    }

    /** Drops the connection, or stops connecting, and releases the thread that waits in Tyrus. */
    void drop() {
        GrizzlyFuture<?> begun = connecting;
        if (begun != null) {
            begun.cancel(true); // closes its socket
        }
        Connection<?> open = connection;
        if (open != null) {
            open.terminateSilently();
        }
        ClientEngine waiting = engine;
        if (waiting != null) {
            try {
                waiting.processError(new IOException("the attempt was abandoned"));
            } catch (IllegalStateException e) {
                // It has a session, so no thread waits.
            }
        }
    }

    /** Connects, and resolves a host name before that, which blocks. */
    @SuppressWarnings("rawtypes") // Grizzly's
    void connect(ClientEngine tyrusEngine, TCPNIOTransport transport) throws IOException {
        engine = tyrusEngine;
        request = tyrusEngine.createUpgradeRequest(() -> {});
        Via chosen = server == null ? router.via(upgrade) : null;
        via = chosen;
        phase = chosen == null ? Phase.HANDSHAKE : Phase.PROXY;
        InetSocketAddress address = chosen != null
                ? chosen.address()
                : server != null ? server : new InetSocketAddress(upgrade.host(), upgrade.port());
        if (address.isUnresolved()) {
            throw new UnknownHostException(address.getHostString());
        }
        if (leg.isDone()) {
            throw new IOException("the attempt was abandoned");
        }
        GrizzlyFuture<Connection> begun = TCPNIOConnectorHandler.builder(transport)
                .processor(chain(chosen == null))
                .build()
                .connect(address);
        connecting = begun;
        begun.addCompletionHandler(new EmptyCompletionHandler<Connection>() {
            @Override
            public void failed(Throwable failure) {
                fail(
                        chosen != null
                                ? chosen.unreachable(failure)
                                : failure instanceof IOException e ? e : new IOException(failure));
            }
        });
        if (leg.isCompletedExceptionally()) { // not isDone(): the leg may be open already
            drop(); // the attempt failed before there was anything to cancel
        }
    }

    private FilterChain chain(boolean direct) {
        FilterChainBuilder chain = FilterChainBuilder.stateless().add(new TransportFilter());
        if (direct && tls != null) {
            chain.add(Transports.clientTls(
                    tls,
                    upgrade.serverName(),
                    upgrade.port(),
                    failure -> fail(Reasons.ofTls(failure, upgrade.host(), upgrade.port()))));
        }
        return chain.add(codec).add(this).build();
    }

    @Override
    public NextAction handleConnect(FilterChainContext event) {
        Connection<?> open = event.getConnection();
        connection = open;
        conduit = new Conduit(open, true, timer, this::toTyrus);
        CloseListener<Closeable, CloseType> listener = (closed, type) -> closed();
        open.addCloseListener(listener);
        if (leg.isDone()) {
            drop(); // the attempt failed before there was a connection to drop
        } else if (phase == Phase.PROXY) {
            HostPort server = new HostPort(upgrade.host(), upgrade.port());
            Via through = via;
            String login = through == null || through.authorization().isEmpty()
                    ? ""
                    : "Proxy-Authorization: " + through.authorization() + "\r\n";
            String connect = "CONNECT " + server + " HTTP/1.1\r\nHost: " + server + "\r\n" + login + "\r\n";
            event.write(Buffers.wrap(open.getMemoryManager(), connect, StandardCharsets.ISO_8859_1));
        } else {
            sendRequest(open);
        }
        return event.getStopAction();
    }

    private void sendRequest(Connection<?> open) {
        UpgradeRequest upgradeRequest = request;
        if (upgradeRequest == null) {
            throw new IllegalStateException("not connected");
        }
        URI uri = upgradeRequest.getRequestURI();
        String path = uri.getRawPath();
        HttpRequestPacket.Builder packet = HttpRequestPacket.builder()
                .method(Method.GET)
                .protocol(Protocol.HTTP_1_1)
                .uri((path == null || path.isEmpty() ? "/" : path)
                        + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
        upgradeRequest.getHeaders().forEach((name, values) -> {
            if (!name.equalsIgnoreCase("Host")) { // Tyrus does not know all host names
                packet.header(name, String.join(", ", values));
            }
        });
        packet.header("Host", upgrade.hostField());
        open.write(HttpContent.builder(packet.build()).build());
    }

    @Override
    public NextAction handleRead(FilterChainContext event) {
        HttpContent message = event.getMessage();
        if (phase == Phase.FRAMES) {
            return conduit().read(event, message.getContent());
        }
        HttpResponsePacket response = (HttpResponsePacket) message.getHttpHeader();
        int status = response.getStatus();
        if (phase == Phase.PROXY) {
            if (status / 100 == 2) {
                phase = Phase.HANDSHAKE;
                codec.reset(event.getConnection());
                event.getConnection().setProcessor(chain(true));
                sendRequest(event.getConnection());
            } else {
                Via through = via;
                if (through != null) {
                    fail(through.refusal(
                            status,
                            fields(response).all("Proxy-Authenticate"),
                            new HostPort(upgrade.host(), upgrade.port())));
                }
            }
        } else if (status != 101) {
            fail(Refusal.of(status, fields(response), message.getContent().toByteBuffer()));
        } else if (!open(event, response, message.getContent())) {
            fail(new IOException("the server's response is not a valid WebSocket handshake"));
        }
        return event.getStopAction();
    }

    private static Headers fields(HttpResponsePacket response) {
        return name -> {
            List<String> values = new ArrayList<>();
            response.getHeaders().values(name).forEach(values::add);
            return values;
        };
    }

    private boolean open(FilterChainContext event, HttpResponsePacket packet, Buffer early) {
        ClientEngine handshake = engine;
        if (handshake == null) {
            return false;
        }
        TyrusUpgradeResponse response = new TyrusUpgradeResponse();
        response.setStatus(packet.getStatus());
        Headers fields = fields(packet);
        packet.getHeaders().names().forEach(name -> response.getHeaders().put(name, fields.all(name)));
        ClientEngine.ClientUpgradeInfo info =
                handshake.processResponse(response, new GrizzlyWriter(event.getConnection()), reason -> {});
        if (info.getUpgradeStatus() != ClientEngine.ClientUpgradeStatus.SUCCESS) {
            return false;
        }
        tyrus = info.createConnection();
        phase = Phase.FRAMES;
        return conduit().begin(early);
    }

    private void toTyrus(Buffer frames) {
        org.glassfish.tyrus.spi.Connection open = tyrus;
        if (open != null) {
            open.getReadHandler().handle(frames.toByteBuffer());
        }
    }

    @Override
    public NextAction handleWrite(FilterChainContext event) {
        return event.getMessage() instanceof Buffer ? conduit().write(event) : event.getInvokeAction();
    }

    private void closed() {
        onClosed.accept(this);
        fail(upgrade.cutOff());
        org.glassfish.tyrus.spi.Connection open = tyrus;
        if (open != null) {
            open.close(CloseReasons.GOING_AWAY.getCloseReason());
        }
    }

    @Override
    public void exceptionOccurred(FilterChainContext event, Throwable failure) {
        event.getConnection().terminateSilently();
    }

    private Conduit conduit() {
        Conduit made = conduit;
        if (made == null) {
            throw new IllegalStateException("not connected");
        }
        return made;
    }
}
