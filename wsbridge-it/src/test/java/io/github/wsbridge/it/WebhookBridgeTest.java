package io.github.wsbridge.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.signal.webhook.WebhookInvitations;
import io.github.wsbridge.signal.webhook.WebhookKey;
import io.github.wsbridge.signal.webhook.WebhookSignaller;
import io.github.wsbridge.signal.webhook.WebhookVerifier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A device that receives invitations only through a webhook. */
@Timeout(120)
final class WebhookBridgeTest {

    private static final WebhookKey KEY = WebhookKey.of("a key of the node and of the backend, 32 bytes");

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final WebhookInvitations invitations = WebhookInvitations.create("device-1", WebhookVerifier.of(KEY));
    private HttpServer backend;

    @BeforeEach
    void startBackend() throws IOException {
        backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.setExecutor(threads);
        backend.createContext("/invitations", this::receive);
        backend.start();
    }

    @AfterEach
    void stopBackend() {
        backend.stop(0);
        threads.shutdownNow();
    }

    private void receive(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        invitations.deliver(exchange.getRequestHeaders()::getFirst, body).thenAccept(reply -> {
            byte[] answer = reply.body().getBytes(UTF_8);
            try (exchange) {
                exchange.sendResponseHeaders(reply.status(), answer.length);
                exchange.getResponseBody().write(answer);
            } catch (IOException e) {
                // the node has given up
            }
        });
    }

    /** Two nodes, so that an accept may also be forwarded. */
    private Cluster cluster(WebhookKey key) throws IOException {
        URI url = URI.create("http://127.0.0.1:" + backend.getAddress().getPort() + "/invitations");
        return Cluster.start(
                2, node -> node.signaller(WebhookSignaller.builder(url, key).build()));
    }

    private BridgeDevice device(Cluster cluster) throws Exception {
        BridgeDevice device = BridgeDevice.builder("device-1", cluster.url(), WebhookBridgeTest::answer)
                .source(invitations)
                .listen(false)
                .build()
                .start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        return device;
    }

    private static void answer(IncomingBridge incoming) throws Exception {
        if (incoming.requestData().equals("no")) {
            incoming.reject(42, "busy");
            return;
        }
        try (BridgeChannel bridge = incoming.accept().get()) {
            bridge.inputStream().transferTo(bridge.outputStream());
            bridge.shutdownOutput();
        }
    }

    private static CloseReason reason(BridgeClient client, String deviceId, String requestData) throws Exception {
        try (BridgeChannel bridge = client.connect(deviceId, requestData).get(60, TimeUnit.SECONDS)) {
            throw new AssertionError("a bridge: " + bridge);
        } catch (ExecutionException e) {
            return ((BridgeException) e.getCause()).closeReason();
        }
    }

    @Test
    void bridge_signedInvitation_echoes() throws Exception {
        byte[] payload = Payloads.bytes(100_000, 1);
        try (Cluster cluster = cluster(KEY);
                BridgeDevice device = device(cluster);
                BridgeClient client = BridgeClient.builder(cluster.url()).build()) {
            for (int i = 0; i < 4; i++) { // requested and accepted at either node
                try (BridgeChannel bridge = client.connect("device-1", "echo").get(60, TimeUnit.SECONDS)) {
                    bridge.write(ByteBuffer.wrap(payload));
                    bridge.shutdownOutput();
                    assertThat(bridge.inputStream().readAllBytes()).isEqualTo(payload);
                }
            }
            assertThat(reason(client, "device-1", "no")).isEqualTo(new CloseReason(CloseReason.REJECTED, "42 busy"));
            assertThat(reason(client, "device-2", "echo"))
                    .isEqualTo(new CloseReason(CloseReason.UNREACHABLE, "the device is not listening"));
            assertThat(device.stopped().toCompletableFuture()).isNotDone();
        }
    }

    @Test
    void bridge_otherKey_isUnreachable() throws Exception {
        try (Cluster cluster = cluster(WebhookKey.of("another key than the backend's, of 32 bytes"));
                BridgeDevice device = device(cluster);
                BridgeClient client = BridgeClient.builder(cluster.url()).build()) {
            assertThat(reason(client, "device-1", "echo").code()).isEqualTo(CloseReason.UNREACHABLE);
            assertThat(device.stopped().toCompletableFuture()).isNotDone();
        }
    }
}
