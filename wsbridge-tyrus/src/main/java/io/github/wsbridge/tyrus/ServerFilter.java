package io.github.wsbridge.tyrus;

import io.github.wsbridge.jakarta.session.LegEndpoint;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.concurrent.Newcomers;
import io.github.wsbridge.wire.net.ClientAddress;
import io.github.wsbridge.wire.net.TlsRules;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import jakarta.websocket.Extension;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLEngine;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.CloseListener;
import org.glassfish.grizzly.CloseType;
import org.glassfish.grizzly.Closeable;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.EmptyCompletionHandler;
import org.glassfish.grizzly.Grizzly;
import org.glassfish.grizzly.WriteResult;
import org.glassfish.grizzly.attributes.Attribute;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.glassfish.grizzly.http.HttpContent;
import org.glassfish.grizzly.http.HttpRequestPacket;
import org.glassfish.grizzly.memory.Buffers;
import org.glassfish.grizzly.nio.NIOConnection;
import org.glassfish.grizzly.ssl.SSLUtils;
import org.glassfish.tyrus.container.grizzly.server.GrizzlyServerFilter;
import org.glassfish.tyrus.spi.ServerContainer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tyrus' filter, with the door before it: the door decides on each request, and Tyrus sees only those that are granted.
 * After the handshake, all frames in both directions pass through the connection's {@link Conduit}.
 */
final class ServerFilter extends GrizzlyServerFilter {

    private static final Logger log = LoggerFactory.getLogger(ServerFilter.class);

    /** How long the connection of a refused client stays open, so that the client can read the response. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private static final Attribute<ConnectionState> STATE =
            Grizzly.DEFAULT_ATTRIBUTE_BUILDER.createAttribute(ServerFilter.class.getName());

    /** The session that Tyrus is opening on the current thread. */
    private static final ThreadLocal<Opening> OPENING = new ThreadLocal<>();

    private record Opening(LegEndpoint endpoint, String subprotocol) {}

    private final Duration handshakeTimeout;
    private final int maxConnections;
    private final Newcomers newcomers;
    private final ScheduledExecutorService timer;
    private final Set<ConnectionState> connections = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Door door;

    ServerFilter(
            ServerContainer tyrus,
            int maxConnections,
            Newcomers newcomers,
            Duration handshakeTimeout,
            ScheduledExecutorService timer) {
        super(tyrus, "/");
        this.newcomers = newcomers;
        this.maxConnections = maxConnections;
        this.handshakeTimeout = handshakeTimeout;
        this.timer = timer;
    }

    /** Sets the door; called before the first connection is accepted. */
    void serve(Door value) {
        door = value;
    }

    @Override
    public NextAction handleAccept(FilterChainContext context) {
        Connection<?> connection = context.getConnection();
        if (connections.size() < maxConnections) {
            new ConnectionState(connection).start();
        } else {
            connection.terminateSilently();
        }
        return context.getStopAction();
    }

    @Override
    public NextAction handleRead(FilterChainContext context) {
        ConnectionState state = STATE.get(context.getConnection());
        return state == null ? context.getStopAction() : state.read(context);
    }

    @Override
    public NextAction handleWrite(FilterChainContext context) {
        ConnectionState state = STATE.get(context.getConnection());
        return state != null && context.getMessage() instanceof Buffer
                ? state.conduit.write(context)
                : context.getInvokeAction();
    }

    @Override
    public void exceptionOccurred(FilterChainContext context, Throwable failure) {
        context.getConnection().terminateSilently();
    }

    /** Returns whether the header of a connection's request needs no further checks. */
    static boolean headerDone(Connection<?> connection) {
        ConnectionState state = STATE.get(connection);
        return state == null || state.request != null || state.answered.get();
    }

    /** Refuses a request whose header is malformed or too large. */
    static void refuse(FilterChainContext event, Admission.Refused refusal) {
        STATE.get(event.getConnection()).refuse(event, refusal);
    }

    void terminateAll() {
        connections.forEach(state -> state.connection.terminateSilently());
    }

    private Door door() {
        Door current = door;
        if (current == null) {
            throw new IllegalStateException("not serving");
        }
        return current;
    }

    /** The state of one connection. */
    private final class ConnectionState implements ServerUpgrade.Answer {
        private final Connection<?> connection;
        private final Conduit conduit;
        private final AtomicBoolean answered = new AtomicBoolean();
        private volatile Newcomers.@Nullable Place place;
        private volatile @Nullable Future<?> deadline;
        private volatile @Nullable ServerUpgrade upgrade;
        private volatile @Nullable FilterChainContext request;
        private volatile @Nullable HttpRequestPacket head;
        private volatile boolean early; // whether anything arrived after the head

        ConnectionState(Connection<?> connection) {
            this.connection = connection;
            this.conduit = new Conduit(connection, false, timer, this::toTyrus);
        }

        void start() {
            STATE.set(connection, this);
            connections.add(this);
            place = newcomers.enter(ClientAddress.site(peerAddress()), this::drop);
            CloseListener<Closeable, CloseType> listener = (closed, type) -> onClosed();
            connection.addCloseListener(listener);
            schedule(handshakeTimeout, this::onTimeout);
        }

        private void drop() {
            connections.remove(this); // its place is free at once
            connection.terminateSilently();
        }

        private void schedule(Duration time, Runnable task) {
            try {
                deadline = timer.schedule(task, time.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                connection.terminateSilently(); // the server is closing
            }
        }

        private void onClosed() {
            connections.remove(this);
            admitted();
            cancelDeadline();
            ServerUpgrade begun = upgrade;
            if (begun != null) {
                begun.lost();
            }
        }

        private void onTimeout() {
            ServerUpgrade begun = upgrade;
            if (begun == null) {
                connection.terminateSilently();
            } else if (begun.timedOut()) {
                refuse(ServerUpgrade.UNAVAILABLE);
            }
        }

        private void cancelDeadline() {
            Future<?> running = deadline;
            if (running != null) {
                running.cancel(false);
            }
        }

        NextAction read(FilterChainContext event) {
            HttpContent message = event.getMessage();
            if (request != null) {
                ServerUpgrade begun = upgrade;
                if (begun != null && !answered.get() && !early && !mayBeFrames(message.getContent())) {
                    begun.lost();
                    refuse(ServerUpgrade.NOT_FRAMES);
                }
                return conduit.read(event, message.getContent());
            }
            NextAction continueReading = event.getForkAction(); // to notice if the client disconnects
            request = event;
            HttpRequestPacket packet = (HttpRequestPacket) message.getHttpHeader();
            head = packet;
            if (mayBeFrames(message.getContent())) {
                askDoor(packet);
            } else {
                refuse(ServerUpgrade.NOT_FRAMES);
            }
            return continueReading;
        }

        /** Looks at the first bytes after the request. */
        private boolean mayBeFrames(Buffer bytes) {
            if (!bytes.hasRemaining()) {
                return true;
            }
            early = true;
            int begin = bytes.position();
            return ServerUpgrade.beginsFrame(bytes.get(begin), bytes.remaining() > 1 ? bytes.get(begin + 1) : null);
        }

        private void askDoor(HttpRequestPacket packet) {
            try {
                String query = packet.getQueryString();
                ServerUpgrade begun = ServerUpgrade.of(
                        packet.getMethod().getMethodString(),
                        packet.getRequestURI() + (query == null ? "" : "?" + query),
                        packet.getProtocolString(),
                        headers(packet),
                        new Peer(peerAddress(), peerCertificates()));
                upgrade = begun;
                begun.ask(door(), timer, this);
            } catch (IllegalArgumentException e) {
                refuse(ServerUpgrade.MALFORMED);
            }
        }

        @Override
        public void admitted() {
            Newcomers.Place taken = place;
            if (taken != null) {
                taken.leave();
            }
        }

        @Override
        public void grant(Admission.Granted granted) {
            ServerUpgrade begun = upgrade;
            if (begun == null || !answered.compareAndSet(false, true)) {
                return;
            }
            admitted();
            cancelDeadline();
            HttpContent message = request().getMessage();
            Buffer early = message.getContent();
            ((HttpRequestPacket) message.getHttpHeader()).setRequestURI("/"); // the path of the only endpoint
            LegEndpoint endpoint = new LegEndpoint(conduit::forSession, leg -> begun.open(granted, leg));
            OPENING.set(new Opening(endpoint, granted.subprotocol()));
            try {
                ServerFilter.super.handleRead(request());
            } catch (IOException | RuntimeException e) {
                log.debug("Tyrus could not open a session", e);
            } finally {
                OPENING.remove();
            }
            if (!conduit.begin(early)) {
                begun.lost();
                connection.closeSilently();
            }
        }

        private void toTyrus(Buffer frames) {
            request().setMessage(HttpContent.builder(head).content(frames).build());
            try {
                ServerFilter.super.handleRead(request());
            } catch (IOException e) {
                connection.terminateSilently();
            }
        }

        @Override
        public void refuse(Admission.Refused refusal) {
            refuse(request(), refusal);
        }

        @SuppressWarnings("rawtypes") // Grizzly's
        void refuse(FilterChainContext event, Admission.Refused refusal) {
            if (!answered.compareAndSet(false, true)) {
                return;
            }
            cancelDeadline();
            conduit.discardInput();
            Buffer response = Buffers.wrap(connection.getMemoryManager(), ServerUpgrade.refusal(refusal));
            event.write(response, new EmptyCompletionHandler<WriteResult>() {
                @Override
                public void completed(WriteResult result) {
                    closeOutput(connection);
                }
            });
            schedule(LINGER, connection::terminateSilently);
        }

        private FilterChainContext request() {
            FilterChainContext event = request;
            if (event == null) {
                throw new IllegalStateException("no request");
            }
            return event;
        }

        private List<X509Certificate> peerCertificates() {
            SSLEngine tls = SSLUtils.getSSLEngine(connection);
            return tls == null ? List.of() : TlsRules.peerCertificates(tls.getSession());
        }

        private String peerAddress() {
            return connection.getPeerAddress() instanceof InetSocketAddress peer && peer.getAddress() != null
                    ? peer.getAddress().getHostAddress() + ":" + peer.getPort()
                    : "";
        }
    }

    /** Shuts down output only: a full close while the client still sends could reset the connection. */
    static void closeOutput(Connection<?> connection) {
        try {
            ((SocketChannel) ((NIOConnection) connection).getChannel()).shutdownOutput();
        } catch (IOException e) {
            connection.terminateSilently();
        }
    }

    private static Headers headers(HttpRequestPacket packet) {
        Map<String, List<String>> fields = new HashMap<>();
        for (String name : packet.getHeaders().names()) {
            List<String> values = new ArrayList<>();
            packet.getHeaders().values(name).forEach(values::add);
            fields.put(name.toLowerCase(Locale.ROOT), List.copyOf(values));
        }
        return name -> fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    /** Returns the configuration of the only endpoint, which serves all granted requests. */
    static ServerEndpointConfig endpoint() {
        return ServerEndpointConfig.Builder.create(LegEndpoint.class, "/")
                .configurator(new ServerEndpointConfig.Configurator() {
                    @Override
                    public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
                        return OPENING.get().subprotocol();
                    }

                    @Override
                    public List<Extension> getNegotiatedExtensions(
                            List<Extension> installed, List<Extension> requested) {
                        return List.of();
                    }

                    @Override
                    public boolean checkOrigin(String origin) {
                        return true; // the door decides who may connect
                    }

                    @Override
                    public <T> T getEndpointInstance(Class<T> type) {
                        return type.cast(OPENING.get().endpoint());
                    }
                })
                .build();
    }
}
