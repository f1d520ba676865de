package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a node inside a servlet container: passes requests for the bridge's paths to the node's door, and takes over
 * the connections of those that are granted. Supports Tomcat 10.1 and 11, Jetty 12.1, Undertow 2.3, and Payara 7;
 * {@link #init} fails in other containers. Thread-safe.
 *
 * <p>Map it to {@code /bridge/*} and, for a load balancer's checks, to {@code /livez} and {@code /readyz}; requests for
 * other paths are passed on. The filter and all filters before it must support asynchronous requests.
 *
 * <p>Whom the container, or a filter before this one, has authenticated is passed on as {@link Peer#user}.
 *
 * <p>No container thread ever waits for a peer or for the door, regardless of the number of bridges and the speed of
 * their ends.
 *
 * <p>When the application stops, {@link #destroy} closes open connections with code 1001. To give bridges time to end
 * on their own, stop the node before the container. Undertow drops connections when the server stops, so undeploy the
 * application, or stop the node, before the server; otherwise peers see the end of the stream without code 1001.
 */
public final class BridgeFilter implements Filter {

    private static final Set<String> UPGRADES =
            Set.of(Endpoints.CONNECT, Endpoints.ACCEPT, Endpoints.LISTEN, Endpoints.PEER);
    private static final Set<String> PLAIN = Set.of(Endpoints.SIGNED_URL, Endpoints.LIVEZ, Endpoints.READYZ);
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    private final Door door;
    private final Duration grace;
    private @Nullable ServletContainer container;
    private @Nullable OpenLegs legs;

    /**
     * Creates a filter with a grace period of 5 seconds.
     *
     * @param door decides on each request, for example {@code node::admit}; if it fails or does not decide within ten
     *     seconds, the request is refused with status 503
     */
    public BridgeFilter(Door door) {
        this(door, GRACE);
    }

    /**
     * Creates a filter.
     *
     * @param door decides on each request, as in {@link #BridgeFilter(Door)}
     * @param grace how long {@link #destroy} waits for peers to read what was sent and to answer the close frame
     */
    public BridgeFilter(Door door, Duration grace) {
        this.door = door;
        this.grace = grace;
    }

    /**
     * Checks the container.
     *
     * @throws ServletException if the container cannot hand over connections or would not call this filter; the
     *     message says what to do
     */
    @Override
    public void init(FilterConfig config) throws ServletException {
        ServletContainer found = ServletContainer.of(config.getServletContext(), UPGRADES.toArray(String[]::new));
        OpenLegs open = new OpenLegs();
        found.beforeStop(this::destroy);
        container = found;
        legs = open;
    }

    /**
     * Refuses further requests, closes open connections with code 1001, and waits for them to end, up to the grace
     * period.
     */
    @Override
    public void destroy() {
        OpenLegs open = legs;
        if (open != null) {
            open.close(new CloseReason(CloseReason.GOING_AWAY, "the server is stopping"), grace);
        }
        ServletContainer from = container;
        if (from != null) {
            from.close();
        }
    }

    @Override
    public void doFilter(ServletRequest servletRequest, ServletResponse servletResponse, FilterChain chain)
            throws IOException, ServletException {
        OpenLegs open = legs;
        ServletContainer host = container;
        if (!(servletRequest instanceof HttpServletRequest request)
                || !(servletResponse instanceof HttpServletResponse)
                || open == null
                || host == null) {
            chain.doFilter(servletRequest, servletResponse);
            return;
        }
        String path = request.getRequestURI().substring(request.getContextPath().length());
        if (!UPGRADES.contains(path) && !PLAIN.contains(path)) {
            chain.doFilter(servletRequest, servletResponse);
            return;
        }
        if (!request.isAsyncSupported()) {
            throw new ServletException(
                    "the bridge's filter, every filter before it and the servlet after it must be declared"
                            + " with async-supported=true");
        }
        ServerUpgrade upgrade = new ServerUpgrade(
                request.getMethod(),
                request.getProtocol(),
                path,
                request.getQueryString(),
                headers(request),
                peer(request));
        HeldRequest held = new HeldRequest(upgrade, host.prepare(request), request.startAsync(), open);
        held.ask(door);
    }

    private static Peer peer(HttpServletRequest request) {
        List<X509Certificate> chain =
                request.getAttribute(CERTIFICATES) instanceof X509Certificate[] own ? List.of(own) : List.of();
        String address = request.getRemoteAddr() + ":" + request.getRemotePort();
        return new Peer(address, chain, address, Optional.ofNullable(request.getUserPrincipal()));
    }

    /** Copies the header fields: the door may read them after the container has reused the request. */
    private static Headers headers(HttpServletRequest request) {
        Map<String, List<String>> fields = new HashMap<>();
        for (String name : Collections.list(request.getHeaderNames())) {
            fields.put(name.toLowerCase(Locale.ROOT), Collections.list(request.getHeaders(name)));
        }
        return name -> fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }
}
