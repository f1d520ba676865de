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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node inside a servlet container: takes the requests for the bridge's paths to the node's door, and the connections of
 * those that are let in from the container. Runs in Tomcat 10.1 and 11, Jetty 12 and Undertow 2.3; others are refused in
 * {@link #init}. Thread-safe.
 *
 * <p>Map it to {@code /bridge/*}; other paths are passed on. It must be declared with support for asynchronous requests, as
 * must filters before it.
 *
 * <p>No thread of the container ever waits for a peer or for the door, so that bridges, however many and however slow, leave
 * the container's threads to the application.
 *
 * <p>When the application ends, {@link #destroy} closes what is still open with code 1001. An application that lets bridges
 * go on for a while first closes its node itself, before the container stops.
 */
public final class BridgeFilter implements Filter {

    private static final Set<String> PATHS =
            Set.of(Endpoints.CONNECT, Endpoints.ACCEPT, Endpoints.LISTEN, Endpoints.PEER);
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    private final Door door;
    private final Duration grace;
    private @Nullable ServletContainer container;
    private @Nullable OpenLegs legs;

    /**
     * A filter.
     *
     * @param door answers each request, such as {@code node::admit}; a failure, or no decision within ten seconds, refuses
     *     with status 503
     */
    public BridgeFilter(Door door) {
        this(door, GRACE);
    }

    /**
     * A filter.
     *
     * @param door as above
     * @param grace how long {@link #destroy} waits for peers to answer its close frames, and to take what was sent before; 5
     *     seconds by default
     */
    public BridgeFilter(Door door, Duration grace) {
        this.door = door;
        this.grace = grace;
    }

    /**
     * Checks the container.
     *
     * @throws ServletException if it cannot hand over connections, or would not ask this filter; says what to do
     */
    @Override
    public void init(FilterConfig config) throws ServletException {
        ServletContainer found = ServletContainer.of(config.getServletContext(), PATHS.toArray(String[]::new));
        OpenLegs open = new OpenLegs();
        found.beforeStop(this::destroy);
        container = found;
        legs = open;
    }

    /** Refuses further requests, closes what is open with code 1001, and waits for that as long as the grace allows. */
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
    public void doFilter(ServletRequest plain, ServletResponse answer, FilterChain chain)
            throws IOException, ServletException {
        OpenLegs open = legs;
        ServletContainer host = container;
        if (!(plain instanceof HttpServletRequest request)
                || !(answer instanceof HttpServletResponse)
                || open == null
                || host == null) {
            chain.doFilter(plain, answer);
            return;
        }
        String path = request.getRequestURI().substring(request.getContextPath().length());
        if (!PATHS.contains(path)) {
            chain.doFilter(plain, answer);
            return;
        }
        if (!request.isAsyncSupported()) {
            throw new ServletException(
                    "the bridge's filter, each filter before it and the servlet behind it must be declared"
                            + " with async-supported");
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
        return new Peer(request.getRemoteAddr() + ":" + request.getRemotePort(), chain);
    }

    /** A copy: the container uses the request again, and the door may look at it later. */
    private static Headers headers(HttpServletRequest request) {
        Map<String, List<String>> fields = new HashMap<>();
        for (String name : Collections.list(request.getHeaderNames())) {
            fields.put(name.toLowerCase(Locale.ROOT), Collections.list(request.getHeaders(name)));
        }
        return name -> fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }
}
