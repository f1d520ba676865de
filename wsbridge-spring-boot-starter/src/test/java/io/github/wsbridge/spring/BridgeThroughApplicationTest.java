package io.github.wsbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.ConfigurableApplicationContext;

/** Bridges through an application with Spring Security, in its embedded container, below a context path. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BridgeThroughApplicationTest {

    private static final String AUTHORIZATION = "Authorization";

    private int port;
    private URI server;
    private ConfigurableApplicationContext application;

    @BeforeAll
    void start() throws IOException {
        port = SecuredApplication.freePort();
        server = URI.create("ws://localhost:" + port + "/app");
        application = SecuredApplication.start(
                port,
                "--server.servlet.context-path=/app",
                "--management.endpoints.web.exposure.include=*",
                "--management.endpoint.health.show-details=always",
                "--wsbridge.stop-grace=0s");
    }

    @AfterAll
    void stop() {
        application.close();
    }

    private BridgeDevice device() throws Exception {
        BridgeDevice device = BridgeDevice.builder("pump", server, incoming -> {
                    try (BridgeChannel bridge = incoming.accept().get()) {
                        bridge.inputStream().transferTo(bridge.outputStream());
                        bridge.shutdownOutput();
                    }
                })
                .header(AUTHORIZATION, SecuredApplication.credentials("pump"))
                .build()
                .start();
        device.listening().toCompletableFuture().get(60, TimeUnit.SECONDS);
        return device;
    }

    private BridgeClient client() {
        return BridgeClient.builder(server)
                .header(AUTHORIZATION, SecuredApplication.credentials("al"))
                .build();
    }

    @Test
    void mebibyte_isEchoed_andTheRequesterIsSpringSecuritysUser() throws Exception {
        byte[] sent = new byte[1 << 20];
        new Random(7).nextBytes(sent);
        try (BridgeDevice device = device();
                BridgeClient client = client();
                BridgeChannel bridge = client.connect("pump").get(60, TimeUnit.SECONDS)) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    bridge.outputStream().write(sent);
                    bridge.shutdownOutput();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(bridge.inputStream().readAllBytes()).isEqualTo(sent);
            sending.get(60, TimeUnit.SECONDS);
            assertThat(application.getBean(RecordingListener.class).events("Requested"))
                    .anySatisfy(event -> {
                        assertThat(event.subject()).isEqualTo(bridge.bridgeId());
                        assertThat(event.detail()).isEqualTo("al");
                    });
        }
    }

    @Test
    void springSecurity_refusesOnTheWire() {
        assertThat(refusal("/bridge/connect?deviceId=pump", Map.of())).isEqualTo(401);
        assertThat(refusal("/bridge/connect?deviceId=pump", authorization("pump")))
                .isEqualTo(403);
        assertThat(refusal("/bridge/listen?deviceId=pump", Map.of())).isEqualTo(401);
    }

    @Test
    void node_refusesOnTheWire() {
        assertThat(refusal("/bridge/listen?deviceId=valve", authorization("pump")))
                .as("another device's name")
                .isEqualTo(403);
        assertThat(refusal("/bridge/connect", authorization("al"))).isEqualTo(400);
        assertThat(refusal("/bridge/connect?deviceId=absent&wait=true", authorization("al")))
                .isEqualTo(404);
    }

    private static Map<String, String> authorization(String user) {
        return Map.of(AUTHORIZATION, SecuredApplication.credentials(user));
    }

    private int refusal(String target, Map<String, String> headers) {
        return assertThatExceptionOfType(RawWebSocket.RefusedException.class)
                .isThrownBy(() -> RawWebSocket.connect(URI.create(server + target), headers, ""))
                .actual()
                .status();
    }

    @Test
    void actuator_tellsHealthStateAndMetrics() throws Exception {
        try (BridgeDevice device = device()) {
            assertThat(get("/actuator/wsbridge")).contains("\"listeners\":1", "\"draining\":false");
            assertThat(get("/actuator/wsbridge/bridges")).startsWith("[");
            assertThat(get("/actuator/metrics/wsbridge.listeners")).contains("\"value\":1.0");
        }
    }

    private String get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/app" + path))
                .header(AUTHORIZATION, SecuredApplication.credentials("al"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void applicationStops_bridgesEndWith1001() throws Exception {
        int ownPort = SecuredApplication.freePort();
        URI own = URI.create("ws://localhost:" + ownPort);
        ConfigurableApplicationContext stopping = SecuredApplication.start(ownPort, "--wsbridge.stop-grace=0s");
        try (BridgeDevice device = BridgeDevice.builder("pump", own, incoming -> {
                            try (BridgeChannel bridge = incoming.accept().get()) {
                                bridge.closed().toCompletableFuture().get();
                            }
                        })
                        .header(AUTHORIZATION, SecuredApplication.credentials("pump"))
                        .build()
                        .start();
                BridgeClient client = BridgeClient.builder(own)
                        .header(AUTHORIZATION, SecuredApplication.credentials("al"))
                        .build()) {
            device.listening().toCompletableFuture().get(60, TimeUnit.SECONDS);
            BridgeChannel bridge = client.connect("pump").get(60, TimeUnit.SECONDS);
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(stopping::close);
            assertThat(bridge.closed()
                            .toCompletableFuture()
                            .get(60, TimeUnit.SECONDS)
                            .code())
                    .isEqualTo(CloseReason.GOING_AWAY);
            stopped.get(60, TimeUnit.SECONDS);
        } finally {
            stopping.close();
        }
    }
}
