package io.github.wsbridge.signal.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** A real HTTP server that handles requests as the test decides. */
final class Backend implements AutoCloseable {

    /** A request as received. */
    record Request(HttpExchange exchange, byte[] body) {

        String header(String name) {
            return exchange.getRequestHeaders().getFirst(name);
        }

        void answer(int status, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            try (exchange) {
                exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
                exchange.getResponseBody().write(bytes);
            } catch (IOException e) {
                // the client has given up, as some tests intend
            }
        }
    }

    /** Handles requests, each on its own thread. */
    interface Behaviour {
        void handle(Request request) throws Exception;
    }

    final List<Request> requests = new CopyOnWriteArrayList<>();
    final List<Request> strays = new CopyOnWriteArrayList<>();
    volatile Behaviour behaviour = request -> request.answer(204, "");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    Backend() throws IOException {
        this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    }

    /** With TLS. Its ALPN list also contains HTTP/2, which it does not support. */
    static Backend secure() throws Exception {
        SSLContext context = BackendKeys.serverContext();
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters connection) {
                SSLParameters parameters = context.getDefaultSSLParameters();
                parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
                connection.setSSLParameters(parameters);
            }
        });
        return new Backend(server);
    }

    private Backend(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", handler(strays));
        server.createContext("/hook", handler(requests));
        server.start();
    }

    private HttpHandler handler(List<Request> to) {
        return exchange -> {
            Request request = new Request(exchange, exchange.getRequestBody().readAllBytes());
            to.add(request);
            try {
                behaviour.handle(request);
            } catch (Exception e) {
                exchange.close();
            }
        };
    }

    URI url() {
        return URI.create((server instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:"
                + server.getAddress().getPort() + "/hook?code=hidden");
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
