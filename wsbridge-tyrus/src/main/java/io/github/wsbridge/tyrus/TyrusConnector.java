package io.github.wsbridge.tyrus;

import io.github.wsbridge.jakarta.Workers;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.EmptyCompletionHandler;
import org.glassfish.grizzly.filterchain.FilterChain;
import org.glassfish.grizzly.nio.transport.TCPNIOConnectorHandler;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSockets with Tyrus on Grizzly. Thread-safe.
 *
 * <p>All its connections share a few daemon threads, which end with {@link #close}. A slow peer takes none of them. A
 * redirect is not followed; it fails like any other status than 101.
 */
public final class TyrusConnector implements Connector {

    private final @Nullable SSLContext tls;
    private final @Nullable InetSocketAddress proxy;
    private final TCPNIOTransport transport;
    private final Workers workers;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** A connector with the platform's trusted certificates and without a proxy. */
    public TyrusConnector() {
        this(null, null);
    }

    /**
     * A connector.
     *
     * @param tls for {@code wss} URLs; null for the platform's default. The server's name is always checked
     * @param proxy an HTTP proxy that everything goes through, by its CONNECT method; null for none
     */
    public TyrusConnector(@Nullable SSLContext tls, @Nullable InetSocketAddress proxy) {
        this.tls = tls;
        this.proxy = proxy;
        workers = new Workers("wsbridge-tyrus-connector", 4);
        transport = Transports.build("wsbridge-tyrus-connector");
        try {
            transport.start();
        } catch (IOException e) {
            workers.close();
            throw new IllegalStateException("cannot open a selector", e);
        }
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        CompletableFuture<Leg> leg = new CompletableFuture<>();
        String scheme = target.uri().getScheme();
        if (!"ws".equalsIgnoreCase(scheme) && !"wss".equalsIgnoreCase(scheme)
                || target.uri().getHost() == null) {
            leg.completeExceptionally(new IOException("not a WebSocket URL: " + target));
            return leg;
        }
        if (!wellFormed(target)) {
            leg.completeExceptionally(new IOException(
                    "a header field or the subprotocol holds characters that cannot be sent: " + target));
            return leg;
        }
        Attempt attempt = new Attempt(target, leg);
        attempts.add(attempt);
        leg.whenComplete((opened, failure) -> attempt.over(failure));
        try {
            ScheduledFuture<?> deadline = workers.timer()
                    .schedule(attempt::late, Math.max(1, target.timeout().toMillis()), TimeUnit.MILLISECONDS);
            leg.whenComplete((opened, failure) -> deadline.cancel(false));
            workers.execute(attempt::start);
        } catch (RejectedExecutionException e) {
            leg.completeExceptionally(new IOException("the connector is closed", e));
        }
        return leg;
    }

    @Override
    public void close() {
        closed = true;
        workers.close();
        attempts.forEach(Attempt::stop); // their deadlines went with the workers
        links.forEach(Link::terminate);
        try {
            transport.shutdownNow();
        } catch (IOException e) {
            throw new IllegalStateException("the connector cannot stop", e);
        }
    }

    /** Keeps line breaks and the like out of the request. */
    private static boolean wellFormed(Target target) {
        return target.headers().entrySet().stream()
                        .allMatch(field -> HttpHead.isToken(field.getKey()) && HttpHead.isValue(field.getValue()))
                && (target.subprotocol().isEmpty() || HttpHead.isToken(target.subprotocol()));
    }

    /** The port of a URL, or what its scheme stands for. */
    static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "wss".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    /** One connection on its way. */
    private final class Attempt {
        private final Target target;
        private final CompletableFuture<Leg> leg;
        private final ClientHandshake handshake;
        private volatile @Nullable Connection<?> connection;

        Attempt(Target target, CompletableFuture<Leg> leg) {
            this.target = target;
            this.leg = leg;
            this.handshake = new ClientHandshake(target, proxy == null ? null : this::tunnelled, workers.timer(), leg);
        }

        /** Looks the name up, which blocks, and connects. */
        @SuppressWarnings("rawtypes") // Grizzly's
        void start() {
            if (leg.isDone()) {
                return; // it waited too long behind slow look-ups
            }
            InetSocketAddress address = proxy == null
                    ? new InetSocketAddress(unbracketed(), port(target.uri()))
                    : proxy.isUnresolved() ? new InetSocketAddress(proxy.getHostString(), proxy.getPort()) : proxy;
            if (address.isUnresolved()) {
                handshake.fail(new UnknownHostException(address.getHostString()));
                return;
            }
            try {
                TCPNIOConnectorHandler.builder(transport)
                        .processor(chain(proxy == null))
                        .build()
                        .connect(address, new EmptyCompletionHandler<Connection>() {
                            @Override
                            public void failed(Throwable failure) {
                                handshake.fail(failure instanceof IOException e ? e : new IOException(failure));
                            }
                        });
            } catch (NoSuchAlgorithmException | RuntimeException e) {
                handshake.fail(new IOException("cannot connect", e));
            }
        }

        void late() {
            handshake.fail(
                    new IOException("no connection within " + target.timeout().toMillis() + " ms"));
        }

        void stop() {
            handshake.fail(new IOException("the connector is closed"));
        }

        /** The caller has its answer, or has given up and cancelled it: then no connection may be left over. */
        void over(@Nullable Throwable failure) {
            attempts.remove(this);
            if (failure != null) {
                handshake.fail(new IOException("given up"));
            }
        }

        private FilterChain chain(boolean direct) throws NoSuchAlgorithmException {
            boolean secure = direct && "wss".equalsIgnoreCase(target.uri().getScheme());
            SSLContext context = !secure ? null : tls == null ? SSLContext.getDefault() : tls;
            return Transports.clientChain(context, unbracketed(), port(target.uri()), new LinkFilter(this::opened));
        }

        private @Nullable Link opened(Connection<?> fresh) {
            if (leg.isDone() || closed) {
                handshake.fail(new IOException("the connector is closed"));
                return null;
            }
            connection = fresh;
            Link link = new Link(fresh, handshake, links);
            LinkFilter.bind(fresh, link);
            handshake.start(link);
            return link;
        }

        /** TLS begins only behind the proxy. */
        private void tunnelled() {
            Connection<?> open = connection;
            if (open != null) {
                try {
                    open.setProcessor(chain(true));
                } catch (NoSuchAlgorithmException e) {
                    throw new IllegalArgumentException(e);
                }
            }
        }

        private String unbracketed() {
            return target.uri().getHost().replaceAll("[\\[\\]]", "");
        }
    }
}
