package io.github.wsbridge.launcher.management;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.metrics.BridgeMetrics;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.HostPort;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers an operator's questions about a node, on an address and on threads of its own: {@code /metrics}, {@code
 * /status}, {@code /devices}, {@code /livez}, {@code /readyz}. It only reads. Probes are answered to everybody, the rest to those whom
 * {@link ReadAccess} lets in. Bound on creation; requests wait until {@link #serve}.
 */
public final class ManagementPort implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ManagementPort.class);

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private static final int THREADS = 2;
    private static final int MOST_WAITING = 64;
    private static final int BACKLOG = 64;
    private static final int PROBE_SECONDS = 5;

    private static final List<String> PROXY_FIELDS = List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via");

    private final HttpServer http;
    private final ThreadPoolExecutor threads;
    private final ReadAccess access;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final BridgeMetrics metrics = new BridgeMetrics(registry);

    /**
     * Binds the port.
     *
     * @param key what readers elsewhere must present; null if they cannot read
     * @throws IOException if the address cannot be bound
     */
    public ManagementPort(InetSocketAddress address, @Nullable Supplier<String> key) throws IOException {
        limit();
        access = new ReadAccess(key);
        http = HttpServer.create(address, BACKLOG);
        threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_WAITING),
                Daemons.named("wsbridge-management-"),
                new ThreadPoolExecutor.AbortPolicy()); // the server then closes the connection
        threads.allowCoreThreadTimeOut(true);
        http.setExecutor(threads);
    }

    /** The JDK's server has neither a limit of time, in seconds, nor one of connections unless these are set. */
    private static void limit() {
        Map<String, String> limits = Map.of(
                "sun.net.httpserver.maxReqTime", "15",
                "sun.net.httpserver.maxRspTime", "15",
                "jdk.httpserver.maxConnections", "200");
        limits.forEach((property, value) -> {
            if (System.getProperty(property) == null) {
                System.setProperty(property, value);
            }
        });
    }

    /** Returns what collects the node's metrics, to be added to its listeners. */
    public BridgeMetrics metrics() {
        return metrics;
    }

    public InetSocketAddress address() {
        return http.getAddress();
    }

    /**
     * Begins to answer.
     *
     * @param servers the node's servers, by what they are for
     * @param version the program's version
     */
    public void serve(BridgeNode node, Map<String, BridgeServer> servers, String version) {
        metrics.bind(node);
        servers.forEach((name, server) -> metrics.bind(server, name));
        metrics.bindProcess();
        metrics.bindVersion(version);
        Status status = new Status(node, servers, version, Instant.now());
        page("/metrics", PROMETHEUS, access::decide, registry::scrape);
        page("/status", JSON, access::decide, () -> status.json(Instant.now()));
        page("/devices", JSON, access::decideOnNames, status::devices);
        for (String probe : List.of(Endpoints.LIVEZ, Endpoints.READYZ)) {
            http.createContext(probe, exchange -> answer(exchange, probe, () -> probe(node, probe, exchange)));
        }
        http.createContext("/", exchange -> answer(exchange, "", () -> new Answer(404, TEXT, "not found\n")));
        http.start();
    }

    private record Answer(int status, String type, String body) {}

    private interface Source {
        Answer get() throws Exception;
    }

    private void page(String path, String type, ToIntFunction<ReadAccess.Request> decider, Supplier<String> content) {
        http.createContext(
                path,
                exchange -> answer(exchange, path, () -> {
                    int decision = decider.applyAsInt(request(exchange));
                    return decision == 200
                            ? new Answer(200, type, content.get())
                            : new Answer(
                                    decision,
                                    TEXT,
                                    decision == 403 ? "use a name of this machine\n" : "access denied\n");
                }));
    }

    private static ReadAccess.Request request(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        return new ReadAccess.Request(
                exchange.getRemoteAddress().getAddress(),
                headers.getOrDefault("Host", List.of()),
                headers.getOrDefault("Authorization", List.of()),
                PROXY_FIELDS.stream().anyMatch(headers::containsKey));
    }

    /** Asks the node, as a client on this machine would. */
    private static Answer probe(BridgeNode node, String path, HttpExchange exchange) throws Exception {
        InetSocketAddress from = exchange.getRemoteAddress();
        Handshake asked = new Handshake(
                path,
                null,
                false,
                name -> List.of(),
                new Peer(new HostPort(from.getAddress().getHostAddress(), from.getPort()).toString()));
        Admission said = node.admit(asked).toCompletableFuture().get(PROBE_SECONDS, TimeUnit.SECONDS);
        return said instanceof Admission.Refused answer
                ? new Answer(answer.status(), TEXT, answer.reason() + "\n")
                : new Answer(500, TEXT, "no answer\n");
    }

    private static void answer(HttpExchange exchange, String path, Source source) {
        try (exchange) {
            Answer answer =
                    answer(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), path, source);
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            Headers headers = exchange.getResponseHeaders();
            headers.set("Content-Type", answer.type());
            headers.set("Cache-Control", "no-store");
            headers.set("X-Content-Type-Options", "nosniff");
            if (answer.status() == 401) {
                headers.set("WWW-Authenticate", "Bearer");
            } else if (answer.status() == 405) {
                headers.set("Allow", "GET, HEAD");
            }
            exchange.sendResponseHeaders(answer.status(), head ? -1 : body.length);
            if (!head) {
                exchange.getResponseBody().write(body);
            }
        } catch (IOException e) {
            log.debug("a reader of the management port has gone", e);
        }
    }

    private static Answer answer(String method, @Nullable String asked, String path, Source source) {
        if (!method.equals("GET") && !method.equals("HEAD")) {
            return new Answer(405, TEXT, "use GET\n");
        }
        if (!path.isEmpty() && !path.equals(asked)) { // the JDK's server takes a path for all that begin with it
            return new Answer(404, TEXT, "not found\n");
        }
        try {
            return source.get();
        } catch (TimeoutException e) {
            return new Answer(503, TEXT, "no answer in time\n");
        } catch (Exception e) {
            log.warn("failed to answer {}", path, e);
            return new Answer(500, TEXT, "failed\n");
        }
    }

    @Override
    public void close() {
        http.stop(0);
        threads.shutdownNow();
        metrics.close();
        registry.close();
    }
}
