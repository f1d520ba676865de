package io.github.wsbridge.tyrus;

import io.github.wsbridge.jakarta.session.LegEndpoint;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import jakarta.websocket.Extension;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
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
import org.glassfish.tyrus.container.grizzly.server.GrizzlyServerFilter;
import org.glassfish.tyrus.spi.ServerContainer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tyrus' filter with a door before it: each request is taken to the door first, and Tyrus sees those alone that are
 * granted. From then on all that comes and goes passes the connection's {@link Conduit}.
 */
final class ServerFilter extends GrizzlyServerFilter {

    private static final Logger log = LoggerFactory.getLogger(ServerFilter.class);

    /** How long a refused client may take to read the answer. */
    private static final Duration PARTING = Duration.ofSeconds(2);

    private static final Attribute<Visit> VISIT =
            Grizzly.DEFAULT_ATTRIBUTE_BUILDER.createAttribute(ServerFilter.class.getName());

    /** The connection whose session Tyrus opens right now; it does so on the calling thread. */
    private static final ThreadLocal<Opening> OPENING = new ThreadLocal<>();

    private record Opening(LegEndpoint endpoint, String subprotocol) {}

    private final Duration handshakeTimeout;
    private final int maxConnections;
    private final ScheduledExecutorService timer;
    private final Set<Visit> visits = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Door door;

    ServerFilter(ServerContainer tyrus, int maxConnections, Duration handshakeTimeout, ScheduledExecutorService timer) {
        super(tyrus, "/");
        this.maxConnections = maxConnections;
        this.handshakeTimeout = handshakeTimeout;
        this.timer = timer;
    }

    /** Names the door; called before the first connection is accepted. */
    void serve(Door serving) {
        door = serving;
    }

    @Override
    public NextAction handleAccept(FilterChainContext context) {
        Connection<?> connection = context.getConnection();
        if (visits.size() < maxConnections) {
            new Visit(connection).begin();
        } else {
            connection.terminateSilently();
        }
        return context.getStopAction();
    }

    @Override
    public NextAction handleRead(FilterChainContext context) {
        Visit visit = VISIT.get(context.getConnection());
        return visit == null ? context.getStopAction() : visit.read(context);
    }

    @Override
    public NextAction handleWrite(FilterChainContext context) {
        Visit visit = VISIT.get(context.getConnection());
        return visit != null && context.getMessage() instanceof Buffer
                ? visit.conduit.write(context)
                : context.getInvokeAction();
    }

    @Override
    public void exceptionOccurred(FilterChainContext context, Throwable failure) {
        context.getConnection().terminateSilently();
    }

    /** Whether nothing more of a connection's request is to be read. */
    static boolean asked(Connection<?> connection) {
        Visit visit = VISIT.get(connection);
        return visit == null || visit.request != null || visit.answered.get();
    }

    /** Refuses what is no request. */
    static void refuse(FilterChainContext event, Admission.Refused refusal) {
        VISIT.get(event.getConnection()).refuse(event, refusal);
    }

    void terminateAll() {
        visits.forEach(visit -> visit.connection.terminateSilently());
    }

    private Door door() {
        Door serving = door;
        if (serving == null) {
            throw new IllegalStateException("not serving");
        }
        return serving;
    }

    /** One connection. */
    private final class Visit implements ServerUpgrade.Answer {
        private final Connection<?> connection;
        private final Conduit conduit;
        private final AtomicBoolean answered = new AtomicBoolean();
        private volatile @Nullable Future<?> deadline;
        private volatile @Nullable ServerUpgrade upgrade;
        private volatile @Nullable FilterChainContext request;
        private volatile @Nullable HttpRequestPacket head;

        Visit(Connection<?> connection) {
            this.connection = connection;
            this.conduit = new Conduit(connection, false, timer, this::toTyrus);
        }

        void begin() {
            VISIT.set(connection, this);
            visits.add(this);
            CloseListener<Closeable, CloseType> listener = (closed, type) -> lost();
            connection.addCloseListener(listener);
            after(handshakeTimeout, this::late);
        }

        private void after(Duration time, Runnable task) {
            try {
                deadline = timer.schedule(task, time.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                connection.terminateSilently(); // the server is closing
            }
        }

        private void lost() {
            visits.remove(this);
            stopClock();
            ServerUpgrade asking = upgrade;
            if (asking != null) {
                asking.lost();
            }
        }

        private void late() {
            ServerUpgrade asking = upgrade;
            if (asking == null) {
                connection.terminateSilently();
            } else if (asking.timedOut()) {
                refuse(ServerUpgrade.UNAVAILABLE);
            }
        }

        private void stopClock() {
            Future<?> running = deadline;
            if (running != null) {
                running.cancel(false);
            }
        }

        NextAction read(FilterChainContext event) {
            HttpContent message = event.getMessage();
            if (request != null) {
                return conduit.read(event, message.getContent());
            }
            NextAction readOn = event.getForkAction(); // so that the loss of the client is noticed
            request = event;
            HttpRequestPacket asked = (HttpRequestPacket) message.getHttpHeader();
            head = asked;
            ask(asked);
            return readOn;
        }

        private void ask(HttpRequestPacket packet) {
            try {
                String query = packet.getQueryString();
                ServerUpgrade asking = ServerUpgrade.of(
                        packet.getMethod().getMethodString(),
                        packet.getRequestURI() + (query == null ? "" : "?" + query),
                        packet.getProtocolString(),
                        headers(packet),
                        new Peer(address()));
                upgrade = asking;
                asking.ask(door(), timer, this);
            } catch (IllegalArgumentException e) {
                refuse(ServerUpgrade.MALFORMED);
            }
        }

        @Override
        public void grant(Admission.Granted granted) {
            ServerUpgrade asked = upgrade;
            if (asked == null || !answered.compareAndSet(false, true)) {
                return;
            }
            stopClock();
            HttpContent message = request().getMessage();
            Buffer early = message.getContent();
            ((HttpRequestPacket) message.getHttpHeader()).setRequestURI("/"); // of the only endpoint there is
            LegEndpoint endpoint = new LegEndpoint(conduit::of, leg -> asked.open(granted, leg));
            OPENING.set(new Opening(endpoint, granted.subprotocol()));
            try {
                ServerFilter.super.handleRead(request());
            } catch (IOException | RuntimeException e) {
                log.debug("no session", e);
            } finally {
                OPENING.remove();
            }
            if (!conduit.begin(early)) {
                asked.lost();
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
            stopClock();
            conduit.ignore();
            Buffer answer = Buffers.wrap(connection.getMemoryManager(), ServerUpgrade.refusal(refusal));
            event.write(answer, new EmptyCompletionHandler<WriteResult>() {
                @Override
                public void completed(WriteResult result) {
                    closeOutput(connection);
                }
            });
            after(PARTING, connection::terminateSilently);
        }

        private FilterChainContext request() {
            FilterChainContext event = request;
            if (event == null) {
                throw new IllegalStateException("no request");
            }
            return event;
        }

        private String address() {
            return connection.getPeerAddress() instanceof InetSocketAddress peer && peer.getAddress() != null
                    ? peer.getAddress().getHostAddress() + ":" + peer.getPort()
                    : "";
        }
    }

    /** So that the client reads the answer to its end, whatever it still sends. */
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

    /** The only endpoint: whatever the door has granted. */
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
                        return true; // who may connect is the door's to decide
                    }

                    @Override
                    public <T> T getEndpointInstance(Class<T> type) {
                        return type.cast(OPENING.get().endpoint());
                    }
                })
                .build();
    }
}
