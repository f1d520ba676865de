package io.github.wsbridge.embedding;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.embedding.application.TestNode;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.transport.Backpressure;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What holds for a node in any container, below a context path, with the clients that users have. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class EmbeddingContract {

    static final int SECONDS = 60;
    private static final int MEBIBYTE = 1 << 20;

    /** More than what the sockets, the container and the node hold for a reader that does not read. */
    private static final long MOST_HELD = 48L << 20;

    private URI server;
    private BridgeDevice echo;
    private BridgeClient client;

    /** Starts the container, with a {@link TestNode} in an application, and returns the node's URL. */
    abstract URI startNode() throws Exception;

    /** Waits for the next invitation of a device "raw…", and takes it. */
    abstract URI takeAcceptUrl() throws Exception;

    /** Returns the addresses of all requesters so far, as the node knows them. */
    abstract List<String> addresses() throws Exception;

    /** Stops the node, the application and the container, as far as they have started. */
    abstract void stopNode() throws Exception;

    /** The application's context path. */
    String contextPath() {
        return "/app";
    }

    @BeforeAll
    void startAll() throws Exception {
        server = startNode();
        echo = BridgeDevice.builder("echo", server, incoming -> {
                    try (BridgeChannel bridge = incoming.accept().get()) {
                        bridge.inputStream().transferTo(bridge.outputStream());
                        bridge.shutdownOutput();
                        bridge.closed().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
                    }
                })
                .apiKey(TestNode.DEVICE)
                .build()
                .start();
        echo.listening().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        client = BridgeClient.builder(server).apiKey(TestNode.REQUESTER).build();
    }

    @AfterAll
    void stopAll() throws Exception {
        try {
            if (client != null) {
                client.close();
            }
            if (echo != null) {
                echo.close();
            }
        } finally {
            stopNode();
        }
    }

    @Test
    void bytes_bothWays_withHalfClose() throws Exception {
        byte[] sent = new byte[MEBIBYTE];
        new Random(7).nextBytes(sent);
        try (BridgeChannel bridge = client.connect("echo").get(SECONDS, TimeUnit.SECONDS)) {
            CompletableFuture<Void> sending = run(() -> sendAndShut(bridge, sent, 1));
            assertThat(bridge.inputStream().readAllBytes()).isEqualTo(sent);
            sending.get(SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Runs a task that may block on a thread of its own: the common pool may have a single one. */
    static CompletableFuture<Void> run(Runnable task) {
        return CompletableFuture.runAsync(task, alone -> new Thread(alone, "end").start());
    }

    private static void sendAndShut(BridgeChannel bridge, byte[] block, int times) {
        try {
            OutputStream out = bridge.outputStream();
            for (int i = 0; i < times; i++) {
                out.write(block);
            }
            bridge.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Two plain WebSockets, joined. */
    record Pair(RawWebSocket requester, RawWebSocket device) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            requester.close();
            device.close();
        }
    }

    final Pair pair(Map<String, String> fields) throws Exception {
        Map<String, String> all = new HashMap<>(fields);
        all.put(Endpoints.API_KEY_HEADER, TestNode.REQUESTER);
        RawWebSocket requester = RawWebSocket.connect(URI.create(server + "/bridge/connect?deviceId=raw"), all, "");
        URI accept = takeAcceptUrl();
        RawWebSocket device = RawWebSocket.connect(accept, Map.of(), "");
        device.writeText("joined"); // the device's handshake may end before the node has joined the two
        assertThat(requester.read().text()).isEqualTo("joined");
        return new Pair(requester, device);
    }

    @Test
    void closeCodes_passBothWays() throws Exception {
        try (Pair pair = pair(Map.of())) {
            pair.requester().writeClose(4321, "enough");
            RawWebSocket.Frame close = pair.device().read();
            assertThat(close.closeCode()).isEqualTo(4321);
            assertThat(close.payload()).asString(UTF_8).endsWith("enough");
        }
        try (Pair pair = pair(Map.of())) {
            pair.device().writeClose(3000, "");
            assertThat(pair.requester().read().closeCode()).isEqualTo(3000);
        }
        try (Pair pair = pair(Map.of())) {
            pair.device().reset();
            assertThat(pair.requester().read().closeCode()).isEqualTo(CloseReason.VANISHED);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/bridge/connect?deviceId=echo, '', 401",
        "/bridge/connect?deviceId=echo, unknown, 401",
        "/bridge/connect?deviceId=echo, echo's, 403",
        "/bridge/listen?deviceId=other, echo's, 403",
        "/bridge/connect, al's, 400",
        "/bridge/connect?deviceId=absent&wait=true, al's, 404"
    })
    void refusals_areHttpAnswers(String target, String key, int status) {
        Map<String, String> fields = key.isEmpty() ? Map.of() : Map.of(Endpoints.API_KEY_HEADER, key);
        assertThatExceptionOfType(RawWebSocket.RefusedException.class)
                .isThrownBy(() -> RawWebSocket.connect(URI.create(server + target), fields, ""))
                .satisfies(refused -> assertThat(refused.status()).isEqualTo(status));
    }

    @Test
    void noUpgrade_isAnsweredWith426() throws Exception {
        HttpRequest plain = HttpRequest.newBuilder(
                        URI.create(server.toString().replace("ws:", "http:") + "/bridge/connect?deviceId=echo"))
                .version(HttpClient.Version.HTTP_1_1)
                .header(Endpoints.API_KEY_HEADER, TestNode.REQUESTER)
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(plain, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(426);
    }

    @Test
    void forwardedFor_namesTheClient() throws Exception {
        try (Pair pair = pair(Map.of("X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https"))) {
            pair.device().writeText("hello");
            assertThat(pair.requester().read().text()).isEqualTo("hello");
        }
        assertThat(addresses()).contains("203.0.113.7");
    }

    @Test
    void slowReader_holdsUpItsSenderOnly() throws Exception {
        try (Pair pair = pair(Map.of())) {
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = run(() -> Backpressure.flood(pair.requester(), sent));
            await().atMost(Duration.ofSeconds(SECONDS)).until(() -> Backpressure.stalled(sent));
            long held = sent.get();
            assertThat(held).isLessThan(MOST_HELD);
            bytes_bothWays_withHalfClose();
            for (long read = 0; read < 2 * held; ) { // the flood goes on
                read += pair.device().read().payload().length;
            }
            pair.requester().reset();
            flooding.exceptionally(broken -> null).get(SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    @Tag("system")
    @Timeout(300)
    void gibibyte_arrivesUnchanged_andTheHeapStaysFlat() throws Exception {
        byte[] block = new byte[MEBIBYTE];
        new Random(7).nextBytes(block);
        MessageDigest expected = MessageDigest.getInstance("SHA-256");
        int blocks = 1024;
        for (int i = 0; i < blocks; i++) {
            expected.update(block);
        }
        System.gc();
        long before = used();
        long started = System.nanoTime();
        try (BridgeChannel bridge = client.connect("echo").get(SECONDS, TimeUnit.SECONDS)) {
            CompletableFuture<Void> sending = run(() -> sendAndShut(bridge, block, blocks));
            DigestInputStream in = new DigestInputStream(bridge.inputStream(), MessageDigest.getInstance("SHA-256"));
            in.transferTo(OutputStream.nullOutputStream());
            assertThat(in.getMessageDigest().digest()).isEqualTo(expected.digest());
            sending.get(SECONDS, TimeUnit.SECONDS);
        }
        System.out.printf(
                "%s: 1 GiB echoed in %.1f s%n", getClass().getSimpleName(), (System.nanoTime() - started) / 1e9);
        System.gc();
        assertThat(used() - before).isLessThan(16L * MEBIBYTE);
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Containers whose requests run on virtual threads have a subclass that says so. */
    static void assumeVirtualThreads() {
        assumeTrue(Runtime.version().feature() >= 21, "virtual threads");
    }
}
