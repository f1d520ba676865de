package io.github.wsbridge.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The contract in a server that runs in a process of its own, with the application in a WAR. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class ServerContract extends EmbeddingContract {

    /** Where the server is set up. */
    @TempDir
    static Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private ServerProcess server;
    private URI control;

    /** Starts the server with the application in it. */
    abstract ServerProcess start() throws Exception;

    /** Waits until the application runs, and returns the server's port. */
    abstract int port(ServerProcess server) throws Exception;

    @Override
    final URI startNode() throws Exception {
        server = start();
        int port = port(server);
        control = URI.create("http://127.0.0.1:" + port + "/app/control/");
        URI url = URI.create("ws://127.0.0.1:" + port + contextPath());
        send(HttpRequest.newBuilder(control).POST(HttpRequest.BodyPublishers.ofString(url.toString())));
        return url;
    }

    @Override
    final URI takeAcceptUrl() throws Exception {
        return URI.create(get("accept-url"));
    }

    @Override
    final List<String> addresses() throws Exception {
        return get("addresses").lines().toList();
    }

    private String get(String what) throws Exception {
        return send(HttpRequest.newBuilder(control.resolve(what)));
    }

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response =
                http.send(request.timeout(Duration.ofSeconds(SECONDS)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void stop_closesBridgesWith1001() throws Exception {
        try (Pair pair = pair(Map.of())) {
            CompletableFuture<Void> stopping = run(server::close);
            assertThat(pair.requester().read().closeCode()).isEqualTo(CloseReason.GOING_AWAY);
            assertThat(pair.device().read().closeCode()).isEqualTo(CloseReason.GOING_AWAY);
            pair.requester().writeClose(CloseReason.GOING_AWAY, "");
            pair.device().writeClose(CloseReason.GOING_AWAY, "");
            stopping.get(SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    final void stopNode() {
        if (server != null) {
            server.close();
        }
    }
}
