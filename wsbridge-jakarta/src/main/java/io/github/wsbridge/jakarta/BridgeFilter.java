package io.github.wsbridge.jakarta;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.jakarta.session.ContainerIo;
import io.github.wsbridge.jakarta.session.LegEndpoint;
import io.github.wsbridge.jakarta.session.Workers;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node inside a servlet container: answers the bridge's paths by asking the node's door before the upgrade, so that a
 * refused request never becomes a WebSocket. Works in any container with Jakarta WebSocket 2.1 or later. Thread-safe.
 *
 * <p>Map it to {@code /bridge/*}; other paths are passed on. While a peer is slow, a container's thread waits for it: size the container's pool at two threads for each
 * bridge, or give it virtual threads. Sends that start outside the container's threads have threads of the filter's own,
 * which are virtual where the JDK has them.
 */
public final class BridgeFilter implements Filter {

    private static final Logger LOG = LoggerFactory.getLogger(BridgeFilter.class);
    private static final Duration DOOR_DEADLINE = Duration.ofSeconds(10);
    private static final int DEFAULT_SENDERS = 1_000;
    private static final Set<String> PATHS =
            Set.of(Endpoints.CONNECT, Endpoints.ACCEPT, Endpoints.LISTEN, Endpoints.PEER);

    private final Door door;
    private final Workers workers;

    /**
     * A filter with up to 1,000 sender threads.
     *
     * @param door answers each handshake, such as {@code node::admit}; a failure, or no answer within ten seconds, refuses
     *     with status 503
     */
    public BridgeFilter(Door door) {
        this(door, DEFAULT_SENDERS);
    }

    /**
     * A filter.
     *
     * @param door as above
     * @param maxSenders how many threads may wait in sends, where threads are not virtual; at least one for each bridge
     */
    public BridgeFilter(Door door, int maxSenders) {
        if (maxSenders <= 0) {
            throw new IllegalArgumentException("must be positive");
        }
        this.door = door;
        this.workers = new Workers("wsbridge-container", maxSenders);
    }

    @Override
    public void init(FilterConfig config) {}

    /** Ends the filter's threads, and waits a moment for them. Close the node before. */
    @Override
    public void destroy() {
        workers.close();
    }

    @Override
    public void doFilter(ServletRequest plain, ServletResponse answer, FilterChain chain)
            throws IOException, ServletException {
        if (!(plain instanceof HttpServletRequest request) || !(answer instanceof HttpServletResponse response)) {
            chain.doFilter(plain, answer);
            return;
        }
        String path = request.getRequestURI().substring(request.getContextPath().length());
        if (!PATHS.contains(path)) {
            chain.doFilter(plain, answer);
            return;
        }
        Headers headers = headers(request);
        boolean upgrade = request.getMethod().equals("GET") && upgrade(headers);
        Handshake handshake =
                new Handshake(path, request.getQueryString(), upgrade, headers, new Peer(request.getRemoteAddr()));
        Admission admission = ask(handshake);
        if (admission instanceof Admission.Granted granted && handshake.upgrade()) {
            upgrade(request, response, path, granted);
        } else if (admission instanceof Admission.Refused refused) {
            refuse(response, refused);
        } else {
            refuse(response, new Admission.Refused(426, "this is a WebSocket endpoint", null));
        }
    }

    private Admission ask(Handshake handshake) {
        try {
            return door.admit(handshake).toCompletableFuture().get(DOOR_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            LOG.error("The door failed on {}", handshake, e);
        }
        return new Admission.Refused(503, "try again later", Duration.ofSeconds(5));
    }

    private void upgrade(
            HttpServletRequest request, HttpServletResponse response, String path, Admission.Granted granted)
            throws IOException, ServletException {
        if (!(request.getServletContext().getAttribute(ServerContainer.class.getName())
                instanceof ServerContainer container)) {
            throw new ServletException("this web application has no Jakarta WebSocket");
        }
        String protocol = granted.subprotocol();
        LegEndpoint endpoint =
                new LegEndpoint(session -> new ContainerIo(session, workers, io -> {}), granted.opened());
        ServerEndpointConfig config = ServerEndpointConfig.Builder.create(LegEndpoint.class, path)
                .subprotocols(protocol.isEmpty() ? List.of() : List.of(protocol))
                .configurator(new OneConnection(endpoint, protocol))
                .build();
        try {
            container.upgradeHttpToWebSocket(request, response, config, Map.of());
        } catch (DeploymentException e) {
            throw new ServletException(e);
        }
    }

    private static void refuse(HttpServletResponse response, Admission.Refused refused) throws IOException {
        response.setStatus(refused.status());
        response.setHeader("Connection", "close");
        Duration retryAfter = refused.retryAfter();
        if (retryAfter != null) {
            response.setHeader("Retry-After", Long.toString(retryAfter.toSeconds()));
        }
        if (refused.status() == 426) {
            response.setHeader("Upgrade", "websocket");
            response.setHeader("Sec-WebSocket-Version", "13");
        } else if (refused.status() == 401) {
            response.setHeader("WWW-Authenticate", "Bearer");
        }
        byte[] body = (refused.reason() + "\n").getBytes(StandardCharsets.UTF_8);
        response.setContentType("text/plain;charset=utf-8");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private static boolean upgrade(Headers headers) {
        return lists(headers, "Upgrade", "websocket")
                && lists(headers, "Connection", "upgrade")
                && headers.only("Sec-WebSocket-Version").equals("13");
    }

    private static boolean lists(Headers headers, String name, String token) {
        return headers.all(name).stream()
                .flatMap(value -> List.of(value.split(",")).stream())
                .anyMatch(part -> part.strip().equalsIgnoreCase(token));
    }

    /** A copy: the container uses the request again, and the door may look at it later. */
    private static Headers headers(HttpServletRequest request) {
        Map<String, List<String>> fields = new HashMap<>();
        for (String name : Collections.list(request.getHeaderNames())) {
            fields.put(name.toLowerCase(Locale.ROOT), Collections.list(request.getHeaders(name)));
        }
        return name -> fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    /** The configuration of a single connection. */
    private static final class OneConnection extends ServerEndpointConfig.Configurator {
        private final LegEndpoint endpoint;
        private final String protocol;

        OneConnection(LegEndpoint endpoint, String protocol) {
            this.endpoint = endpoint;
            this.protocol = protocol;
        }

        @Override
        public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
            return protocol;
        }

        @Override
        public List<jakarta.websocket.Extension> getNegotiatedExtensions(
                List<jakarta.websocket.Extension> installed, List<jakarta.websocket.Extension> requested) {
            return List.of(); // compression on both hops would be work for nothing
        }

        @Override
        public boolean checkOrigin(String origin) {
            return true; // who may connect is the node's to decide
        }

        @Override
        public <T> T getEndpointInstance(Class<T> endpointClass) {
            return endpointClass.cast(endpoint);
        }
    }
}
