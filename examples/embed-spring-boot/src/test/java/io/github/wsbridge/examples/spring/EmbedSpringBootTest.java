package io.github.wsbridge.examples.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

@Timeout(180)
class EmbedSpringBootTest {

    private static String authorization(String user) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":secret").getBytes(UTF_8));
    }

    @Test
    void operatorsQuestion_reachesTheDevice_throughTheApplication() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (ConfigurableApplicationContext application = SpringApplication.run(
                        EmbedSpringBoot.class,
                        "--server.port=" + port,
                        "--example.password=secret",
                        "--spring.main.banner-mode=off",
                        "--logging.level.root=warn");
                BridgeDevice device = BridgeDevice.builder("pump-1", URI.create("ws://localhost:" + port), incoming -> {
                            try (BridgeChannel bridge = incoming.accept().get()) {
                                String question =
                                        new String(bridge.inputStream().readAllBytes(), UTF_8);
                                bridge.outputStream()
                                        .write(question.toUpperCase(Locale.ROOT).getBytes(UTF_8));
                            }
                        })
                        .header("Authorization", authorization("pump-1"))
                        .build()
                        .start()) {
            device.listening().toCompletableFuture().get(60, TimeUnit.SECONDS);
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/devices/pump-1"))
                                    .header("Authorization", authorization("al"))
                                    .POST(HttpRequest.BodyPublishers.ofString("how warm?"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.body()).isEqualTo("HOW WARM?");
            assertThat(application.isRunning()).isTrue();
        }
    }
}
