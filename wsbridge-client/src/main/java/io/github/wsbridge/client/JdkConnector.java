package io.github.wsbridge.client;

import io.github.wsbridge.Authority;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.net.AddressSearch;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.Reasons;
import io.github.wsbridge.wire.net.TlsRules;
import io.github.wsbridge.wire.proxy.RelayingSelector;
import io.github.wsbridge.wire.websocket.Refusal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSockets with the JDK's own client, without any further library. Thread-safe. Its threads are daemons.
 *
 * <p>Because of the JDK's client, it differs from other transports as follows:
 *
 * <ul>
 *   <li>An empty close is sent as 1000; codes 1002, 1003, 1007, 1009 and 1010 as 1008; 1012 and 1013 as 1001; 1014 and
 *       all codes that are not allowed in a close frame as 1011. Codes from 3000 on are sent unchanged.
 *   <li>A message of any length is received in fragments of at most 16 KiB, regardless of its frames.
 *   <li>A leg reads one fragment ahead of demand; until that fragment is waiting, it answers pings and notices the
 *       peer's close.
 *   <li>The JDK sometimes misses the end of a connection without a close frame. The leg detects it with a ping if
 *       nothing follows a message for a second.
 *   <li>Redirects are not followed.
 *   <li>If the first address of a name does not answer, connections to another one (RFC 8305) take a detour over a port
 *       of the loopback address, and two threads each. A client that {@link #over} was given uses the first one only.
 * </ul>
 */
public final class JdkConnector implements Connector {

    private static final int PROXY_AUTHENTICATION_REQUIRED = 407;

    private final HttpClient client;
    private final @Nullable RelayingSelector proxies; // null if the client has its own
    private final @Nullable JdkRoutes routes; // null if the client was given
    private final Set<JdkLeg> legs = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private JdkConnector(HttpClient client, @Nullable RelayingSelector proxies, @Nullable JdkRoutes routes) {
        this.client = client;
        this.proxies = proxies;
        this.routes = routes;
    }

    /** Returns a connector with the JDK's defaults: proxy and trust store according to the system properties. */
    public static JdkConnector create() {
        return builder().build();
    }

    /** Returns a connector that uses an existing client. */
    public static JdkConnector over(HttpClient client) {
        return new JdkConnector(client, null, null);
    }

    /** Returns a builder for a connector. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        if (closed) {
            return CompletableFuture.failedFuture(new IOException("the connector is closed"));
        }
        JdkRoutes ways = routes;
        try {
            URI uri = uri(target.uri());
            HostPort server = server(target.uri());
            return ways == null || server == null
                    ? open(target, uri, target.timeout(), null)
                    : ways.connect(
                            uri, server, target.timeout(), (detour, timeout) -> open(target, uri, timeout, detour));
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(translate(e, target.uri()));
        }
    }

    private CompletableFuture<Leg> open(Target target, URI uri, Duration timeout, @Nullable InetSocketAddress detour) {
        JdkLeg leg = new JdkLeg(legs::remove);
        CompletableFuture<Leg> result = new CompletableFuture<>();
        JdkRoutes ways = routes;
        try {
            WebSocket.Builder builder = client.newWebSocketBuilder().connectTimeout(timeout);
            target.headers().forEach(builder::header);
            if (!target.subprotocol().isEmpty()) {
                builder.subprotocols(target.subprotocol());
            }
            HostPort named = server(uri);
            CompletableFuture<WebSocket> opening = detour == null || ways == null || named == null
                    ? builder.buildAsync(uri, leg)
                    : ways.detour(detour, named, () -> builder.buildAsync(uri, leg));
            // The JDK's timeout covers only the response's header; ours also covers its body.
            opening.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                    .whenComplete((socket, failure) -> connected(leg, target.uri(), detour, failure, result));
        } catch (IOException | RuntimeException e) {
            result.completeExceptionally(translate(e, target.uri()));
        }
        return result;
    }

    private void connected(
            JdkLeg leg,
            URI uri,
            @Nullable InetSocketAddress detour,
            @Nullable Throwable failure,
            CompletableFuture<Leg> result) {
        if (failure != null) {
            leg.abandon();
            IOException reason = translate(failure, uri);
            result.completeExceptionally(detour == null ? proxied(uri, reason) : explained(detour, uri, reason));
            return;
        }
        legs.add(leg);
        if (closed || !result.complete(leg)) {
            leg.abort(); // no longer needed
            result.completeExceptionally(new IOException("the connector is closed"));
        } else if (leg.ended()) {
            legs.remove(leg);
        }
    }

    private IOException explained(InetSocketAddress detour, URI uri, IOException failure) {
        HostPort server = server(uri);
        return routes == null || server == null || failure instanceof HandshakeException
                ? failure
                : routes.explained(detour, server, failure);
    }

    /** Returns what a proxy said, if it was the proxy that failed. */
    private IOException proxied(URI uri, IOException failure) {
        if (proxies == null) {
            return failure;
        }
        if (failure instanceof HandshakeException refused && refused.status() == PROXY_AUTHENTICATION_REQUIRED) {
            IOException challenged = proxies.challenged(uri);
            return challenged == null ? failure : challenged;
        }
        return proxies.explained(uri, failure);
    }

    /**
     * Translates failures to those of {@link Connector}. None may reveal the URL or a header, which contain secrets.
     */
    private static IOException translate(Throwable failure, URI uri) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof WebSocketHandshakeException refused) {
            HttpResponse<?> response = refused.getResponse();
            Throwable why = refused.getCause();
            return response == null || response.statusCode() == 101
                    ? new IOException("not a WebSocket handshake: " + (why == null ? "" : why.getMessage()))
                    : refusal(response);
        }
        if (cause instanceof TimeoutException) {
            return new HttpTimeoutException("handshake timed out");
        }
        if (cause instanceof IllegalArgumentException) { // the JDK's message quotes the rejected value
            return new IOException("cannot connect: the JDK rejects the URL or a header");
        }
        return cause instanceof IOException e
                ? Reasons.ofTls(e, Authority.of(uri).map(Authority::name).orElse("?"), port(uri))
                : new IOException("cannot connect: " + cause.getMessage(), cause);
    }

    private static IOException refusal(HttpResponse<?> response) {
        byte[] body = response.body() instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : new byte[0];
        return Refusal.of(response.statusCode(), name -> response.headers().allValues(name), ByteBuffer.wrap(body));
    }

    /** Returns a URL that the JDK's client takes. */
    private static URI uri(URI uri) throws IOException {
        Authority authority = Authority.of(uri).orElse(null);
        if (authority == null
                || authority.host().equals(uri.getHost()) && !authority.host().endsWith(".")) {
            return uri;
        }
        String host = authority.host().startsWith("[") ? "[" + authority.address() + "]" : authority.name();
        String rest = uri.toString()
                .substring(uri.toString().indexOf("://")
                        + 3
                        + uri.getRawAuthority().length());
        URI known = URI.create(
                uri.getScheme() + "://" + host + (authority.port() < 0 ? "" : ":" + authority.port()) + rest);
        if (known.getHost() == null) {
            throw new IOException("the JDK's client does not know host names such as " + authority.host()
                    + ": use another transport, such as netty");
        }
        return known;
    }

    private static @Nullable HostPort server(URI uri) {
        return Authority.of(uri)
                .map(authority -> new HostPort(authority.address(), port(uri)))
                .orElse(null);
    }

    private static int port(URI uri) {
        int port = Authority.of(uri).map(Authority::port).orElse(-1);
        return port >= 0 ? port : "wss".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    /** Closes the open legs with 1001. Its threads end once nothing is open. */
    @Override
    public void close() {
        closed = true;
        if (routes != null) {
            routes.close();
        }
        if (proxies != null) {
            proxies.close();
        }
        legs.forEach(leg -> leg.close(new CloseReason(CloseReason.GOING_AWAY, "connector closed")));
    }

    /** Settings of a connector; all optional. Not thread-safe. */
    public static final class Builder {
        private final HttpClient.Builder client = HttpClient.newBuilder();
        private Supplier<@Nullable ProxySelector> selector = ProxySelector::getDefault;
        private @Nullable RelayingSelector proxies;
        private @Nullable SSLContext tls;
        private AddressSearch.Lookup lookup = HostPort::resolve;

        private Builder() {}

        /** Selects proxies; the default is {@link ProxySelector#getDefault()}, which reads the system properties. */
        public Builder proxy(ProxySelector proxies) {
            selector = () -> proxies;
            this.proxies = null;
            return this;
        }

        /**
         * Chooses the proxy for each connection; called on the thread that connects. The JDK's client knows neither
         * SOCKS nor, unless the JVM is told to with {@code jdk.http.auth.tunneling.disabledSchemes}, users and
         * passwords: with such a proxy, connections take a detour over a port of the loopback address, which leads
         * only to the servers of this connector, and two threads each.
         */
        public Builder proxies(Proxies choice) {
            RelayingSelector relaying = new RelayingSelector(choice);
            proxies = relaying;
            selector = () -> relaying;
            return this;
        }

        /** Looks up names. */
        Builder lookup(AddressSearch.Lookup value) {
            lookup = value;
            return this;
        }

        /**
         * Sets keys and trust for {@code wss}; the JDK's defaults otherwise. The keys are for servers that ask for a
         * certificate.
         */
        public Builder sslContext(SSLContext context) {
            tls = context;
            client.sslContext(context);
            return this;
        }

        /**
         * Sets the executor for the JDK's client and for calls to the receivers of legs. It must not run tasks on the
         * calling thread. The default is a pool of daemon threads that grows and shrinks as needed.
         */
        public Builder executor(Executor executor) {
            client.executor(executor);
            return this;
        }

        /** Builds the connector. */
        public JdkConnector build() {
            try {
                client.sslParameters(TlsRules.parameters(tls == null ? SSLContext.getDefault() : tls));
            } catch (NoSuchAlgorithmException e) {
                // without TLS, which is found out when it is used
            }
            JdkRoutes routes = new JdkRoutes(selector, lookup);
            return new JdkConnector(client.proxy(routes).build(), proxies, routes);
        }
    }
}
