package io.github.wsbridge.examples.tomcat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class EmbedTomcatTest {

    @Test
    void bridgeAndPage_shareThePort() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        URI server = URI.create("ws://localhost:" + port + "/app");
        ApiKeyPolicy keys = ApiKeyPolicy.parse(
                List.of("al requester " + ApiKeyPolicy.hash("al's"), "pump device " + ApiKeyPolicy.hash("pump's")));
        try (EmbedTomcat application = new EmbedTomcat(port, keys);
                BridgeDevice device = BridgeDevice.builder("pump", server, incoming -> {
                            try (BridgeChannel bridge = incoming.accept().get()) {
                                bridge.inputStream().transferTo(bridge.outputStream());
                            }
                        })
                        .apiKey("pump's")
                        .build()
                        .start();
                BridgeClient client =
                        BridgeClient.builder(server).apiKey("al's").build()) {
            device.listening().toCompletableFuture().get(60, TimeUnit.SECONDS);
            try (BridgeChannel bridge = client.connect("pump").get(60, TimeUnit.SECONDS)) {
                bridge.outputStream().write("hello".getBytes(UTF_8));
                bridge.shutdownOutput();
                assertThat(bridge.inputStream().readAllBytes()).asString(UTF_8).isEqualTo("hello");
            }
            HttpRequest page = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/app/page"))
                    .build();
            assertThat(HttpClient.newHttpClient()
                            .send(page, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .isEqualTo("a page");
            assertThat(application).isNotNull();
        }
    }
}
