package io.github.wsbridge.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.signal.webhook.WebhookInvitations;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** The backend of a webhook: an HTTP server that passes requests to the device and returns its answer. */
final class WebhookReceiver {

    private final WebhookInvitations device;
    private final HttpServer server;

    WebhookReceiver(WebhookInvitations device) throws IOException {
        this.device = device;
        System.setProperty("sun.net.httpserver.nodelay", "true"); // header and body are two writes
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", this::handle);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/invitations");
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            WebhookInvitations.Reply reply = device.deliver(exchange.getRequestHeaders()::getFirst, body)
                    .toCompletableFuture()
                    .join(); // at the latest when the invitation expires
            byte[] answer = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(reply.status(), answer.length);
            exchange.getResponseBody().write(answer);
        }
    }
}
