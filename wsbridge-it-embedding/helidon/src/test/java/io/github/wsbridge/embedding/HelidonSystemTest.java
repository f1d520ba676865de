package io.github.wsbridge.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.CloseReason;
import io.helidon.webserver.WebServer;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** A node beside Helidon's web server, in the same process. */
@Tag("system")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HelidonSystemTest extends EmbeddingContract {

    private final BridgeService bridge = new BridgeService();
    private WebServer application;

    @Override
    String contextPath() {
        return "";
    }

    @Override
    URI startNode() throws Exception {
        application = WebServer.builder()
                .host("127.0.0.1")
                .port(0)
                .routing(routing -> routing.register(bridge))
                .build()
                .start();
        URI page = URI.create("http://127.0.0.1:" + application.port() + "/bridge-url");
        return URI.create(HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(page)
                                .timeout(Duration.ofSeconds(SECONDS))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
    }

    @Override
    URI takeAcceptUrl() throws Exception {
        return bridge.node().takeAcceptUrl(Duration.ofSeconds(SECONDS));
    }

    @Override
    List<String> addresses() {
        return bridge.node().addresses();
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void stop_closesBridgesWith1001_andThePort() throws Exception {
        try (Pair pair = pair(Map.of())) {
            CompletableFuture<Void> stopping = run(application::stop);
            assertThat(pair.requester().read().closeCode()).isEqualTo(CloseReason.GOING_AWAY);
            assertThat(pair.device().read().closeCode()).isEqualTo(CloseReason.GOING_AWAY);
            stopping.get(SECONDS, TimeUnit.SECONDS);
        }
        assertThatThrownBy(() -> new Socket("127.0.0.1", bridge.url().getPort()).close())
                .isInstanceOf(ConnectException.class);
    }

    @Override
    void stopNode() {
        if (application != null) {
            application.stop();
        }
    }
}
