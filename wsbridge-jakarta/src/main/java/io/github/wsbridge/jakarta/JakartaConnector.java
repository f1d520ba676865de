package io.github.wsbridge.jakarta;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.jakarta.session.ContainerIo;
import io.github.wsbridge.jakarta.session.LegEndpoint;
import io.github.wsbridge.jakarta.session.Opening;
import io.github.wsbridge.jakarta.session.Workers;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.ContainerProvider;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.WebSocketContainer;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSockets with any Jakarta WebSocket client, for applications in a container that should not add another
 * client. Thread-safe.
 *
 * <p>The API is blocking: a connection occupies one of the connector's threads while it opens or sends, and one of the
 * client's threads while a fragment waits for demand. The number of connections is therefore limited. The API cannot
 * close without a code and cannot drop a connection: the connector uses Tomcat's and Jetty's own means to drop one,
 * and asks other clients to close. Tomcat's client sends no request longer than 4 KiB and does not report the status
 * of redirects and authentication challenges; Jetty's fails connections that are opened while its first one is
 * opening. Tested with the clients of Tomcat 11 and Jetty 12.1. If you have a choice, prefer the connectors of
 * {@code wsbridge-netty}, {@code wsbridge-tyrus} and {@code wsbridge-client}.
 */
public final class JakartaConnector implements Connector {

    private static final int DEFAULT_CONNECTIONS = 100;
    private static final String TYRUS = "org.glassfish.tyrus.client.";
    private static final String TOMCAT_TIMEOUT = "org.apache.tomcat.websocket.IO_TIMEOUT_MS";
    private static final String TOMCAT_REDIRECTIONS = "org.apache.tomcat.websocket.MAX_REDIRECTIONS";
    private static final int JETTY_NOT_HTTP = 505; // for a response that is not HTTP
    private static final Pattern STATUS = Pattern.compile("\\[([1-5][0-9][0-9])]");

    private final WebSocketContainer container;
    private final @Nullable SSLContext tls;
    private final Semaphore room;
    private final Workers workers;
    private final Set<Opening> openings = ConcurrentHashMap.newKeySet();
    private final Set<ContainerIo> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Creates a connector on the client that {@link ContainerProvider} finds, with its TLS default and up to 100
     * connections.
     */
    public JakartaConnector() {
        this(ContainerProvider.getWebSocketContainer(), null, DEFAULT_CONNECTIONS);
    }

    /**
     * Creates a connector.
     *
     * @param container opens the connections; the caller remains responsible for it
     * @param tls the TLS context for {@code wss} URLs; null for the container's default. The container also decides how
     *     host names are verified
     * @param maxConnections the maximum number of open connections, which must be lower than the container's number of
     *     threads; further attempts fail
     * @throws IllegalArgumentException if the container is Tyrus' client, which loses data
     */
    public JakartaConnector(WebSocketContainer container, @Nullable SSLContext tls, int maxConnections) {
        if (maxConnections <= 0) {
            throw new IllegalArgumentException("maxConnections must be positive");
        }
        if (container.getClass().getName().startsWith(TYRUS)) {
            throw new IllegalArgumentException(
                    "Tyrus' client loses data that the peer has not read when it closes a connection;"
                            + " use TyrusConnector from wsbridge-tyrus");
        }
        this.container = container;
        this.tls = tls;
        this.room = new Semaphore(maxConnections);
        this.workers = new Workers("wsbridge-jakarta-connector", maxConnections);
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        if (!room.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    new IOException("the connector has reached its maximum number of connections"));
        }
        AtomicBoolean counted = new AtomicBoolean(true);
        try {
            new ClientUpgrade(target);
            Opening opening = new Opening(target, workers.timer());
            openings.add(opening);
            opening.leg().whenComplete((leg, failure) -> openings.remove(opening));
            if (closed) {
                opening.cancel(); // close() may have missed it
            }
            workers.execute(() -> open(target, opening, counted));
            return opening.leg();
        } catch (IOException e) {
            release(counted);
            return CompletableFuture.failedFuture(e);
        } catch (RejectedExecutionException e) {
            release(counted);
            return CompletableFuture.failedFuture(new IOException("the connector is closed", e));
        }
    }

    private void open(Target target, Opening opening, AtomicBoolean counted) {
        ClientEndpointConfig.Builder builder = opening.configuration();
        if (tls != null && "wss".equalsIgnoreCase(target.uri().getScheme())) {
            builder.sslContext(tls);
        }
        ClientEndpointConfig config = builder.build();
        config.getUserProperties()
                .put(TOMCAT_TIMEOUT, Long.toString(target.timeout().toMillis()));
        config.getUserProperties().put(TOMCAT_REDIRECTIONS, "0");
        LegEndpoint endpoint = opening.endpoint(session -> {
            ContainerIo io = new ContainerIo(session, workers, over -> {
                open.remove(over);
                release(counted);
            });
            open.add(io);
            return io;
        });
        try {
            if (!opening.leg().isDone()) { // it may have timed out while waiting for a thread
                container.connectToServer(endpoint, config, target.uri());
                opening.opened();
                return;
            }
        } catch (Throwable e) { // any failure must reach the caller
            if (opening.failed(failure(e))) {
                return; // released when the session has been dropped
            }
        }
        release(counted);
    }

    private void release(AtomicBoolean counted) {
        if (counted.compareAndSet(true, false)) {
            room.release();
        }
    }

    /** The API does not report the status of a refused handshake. Jetty has a method for it, Tomcat a message. */
    private static IOException failure(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            int status = 0;
            try {
                if (cause.getClass().getMethod("getResponseStatusCode").invoke(cause) instanceof Integer code) {
                    status = code == JETTY_NOT_HTTP ? 0 : code;
                }
            } catch (ReflectiveOperationException e) {
                Matcher words = STATUS.matcher(String.valueOf(cause.getMessage()));
                status = cause instanceof DeploymentException && words.find() ? Integer.parseInt(words.group(1)) : 0;
            }
            if (status >= 200) {
                return new HandshakeException(status);
            }
        }
        return thrown instanceof IOException failure ? failure : new IOException("cannot connect", thrown);
    }

    @Override
    public void close() {
        closed = true;
        openings.forEach(Opening::cancel);
        open.forEach(ContainerIo::drop);
        workers.close();
    }
}
