package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests a node's refusals on the wire, and that they leave nothing behind. */
@Timeout(120)
final class RefusalsTest {

    static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "400, /bridge/connect",
        "400, /bridge/connect?deviceId=",
        "400, /bridge/connect?deviceId=%zz",
        "400, /bridge/connect?deviceId=%C3%28",
        "400, /bridge/connect?deviceId=a&deviceId=b",
        "400, /bridge/accept",
        "400, /bridge/listen",
        "403, /bridge/peer",
        "404, /bridge/other",
        "404, /",
    })
    void handshake_thatIsWrong_endsWithAStatusAndWithoutASession(int status, String target) throws Exception {
        refuses(status, target, UPGRADE);
    }

    @Test
    void handshake_withTooLongAParameter_isRefused400() throws Exception {
        refuses(400, "/bridge/connect?deviceId=" + "a".repeat(257), UPGRADE);
        refuses(400, "/bridge/connect?deviceId=a&requestData=" + "b".repeat(4097), UPGRADE);
        refuses(400, "/bridge/accept?bridgeToken=" + "A".repeat(1025), UPGRADE);
    }

    @Test
    void handshake_withAForgedNodeCredential_isRefused403() throws Exception {
        refuses(403, "/bridge/accept?bridgeToken=AAAA", UPGRADE + "X-Bridge-Node: AAAA\r\n");
    }

    @Test
    void request_thatAsksForNoWebSocket_isRefused426() throws Exception {
        refuses(426, "/bridge/connect?deviceId=a", "");
    }

    @ParameterizedTest
    @CsvSource({
        "403, evil.example, ",
        "403, 192.0.2.7, ",
        "403, localhost.evil.example, ",
        "403, localhost, http://evil.example",
        "403, localhost, http://localhost",
        "403, 127.0.0.1, null",
        "404, localhost, ",
        "404, 127.0.0.1, ",
        "404, [::1], ",
    })
    void pageOfAnotherSite_orUnderAnotherName_isRefusedByAnInsecureNode(int status, String host, String origin)
            throws Exception {
        try (Cluster cluster = Cluster.start(1);
                RawWebSocket raw = RawWebSocket.dial(cluster.url(0).getPort())) {
            raw.writeRaw(RawWebSocket.request(
                            "/bridge/connect?deviceId=nobody&wait=true",
                            origin == null ? "" : "Origin: " + origin + "\r\n")
                    .replace(
                            "Host: localhost\r\n",
                            "Host: " + host + ":" + cluster.url(0).getPort() + "\r\n"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 " + status + " ");
        }
    }

    @Test
    void probes_areAnswered_withoutCredentials() throws Exception {
        try (Cluster cluster = Cluster.start(1, node -> node.accessPolicy(ApiKeyPolicy.parse(List.of())))) {
            assertThat(answer(cluster.url(0), "/livez", ""))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .endsWith("ok\n");
            assertThat(answer(cluster.url(0), "/readyz", "")).startsWith("HTTP/1.1 200 OK\r\n");
            cluster.node(0).stop(Duration.ZERO).toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(answer(cluster.url(0), "/livez", "")).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(answer(cluster.url(0), "/readyz", "")).startsWith("HTTP/1.1 503 ");
        }
    }

    private static void refuses(int status, String target, String headers) throws Exception {
        try (Cluster cluster = Cluster.start(1)) {
            assertThat(status(cluster.url(0), target, headers)).isEqualTo(status);
            assertThat(cluster.node(0).stats()).isEqualTo(new NodeStats(0, 0, 0, false));
        }
    }

    @Test
    void apiKeys_decideBeforeTheUpgrade_andAreHashedAtRest() throws Exception {
        String requester = ApiKeyPolicy.newKey();
        String device = ApiKeyPolicy.newKey();
        Path file = folder.resolve("api-keys");
        Files.writeString(
                file,
                "alice requester " + ApiKeyPolicy.hash(requester) + " front-*\nfront-door device "
                        + ApiKeyPolicy.hash(device) + "\n");
        assertThat(Files.readString(file)).doesNotContain(requester).doesNotContain(device);
        ApiKeyPolicy policy = ApiKeyPolicy.read(file);
        try (Cluster cluster = Cluster.start(1, node -> node.accessPolicy(policy))) {
            URI url = cluster.url(0);
            String connect = "/bridge/connect?deviceId=front-door";
            assertThat(status(url, connect, UPGRADE)).isEqualTo(401);
            assertThat(status(url, connect, UPGRADE + "X-Api-Key: wrong\r\n")).isEqualTo(401);
            assertThat(status(url, connect, UPGRADE + "X-Api-Key: " + device + "\r\n"))
                    .isEqualTo(403);
            assertThat(status(url, "/bridge/connect?deviceId=back-door", UPGRADE + "X-Api-Key: " + requester + "\r\n"))
                    .isEqualTo(403);
            assertThat(status(url, "/bridge/listen?deviceId=front-door", UPGRADE))
                    .isEqualTo(401);
            assertThat(status(url, "/bridge/listen?deviceId=front-gate", UPGRADE + "X-Api-Key: " + device + "\r\n"))
                    .isEqualTo(403);
            assertThat(cluster.node(0).stats()).isEqualTo(new NodeStats(0, 0, 0, false));

            try (BridgeDevice listening = BridgeDevice.builder(
                                    "front-door",
                                    cluster.url(),
                                    incoming -> incoming.accept().get().shutdownOutput())
                            .apiKey(device)
                            .build()
                            .start();
                    BridgeClient client =
                            BridgeClient.builder(url).apiKey(requester).build();
                    BridgeClient stranger =
                            BridgeClient.builder(url).apiKey("wrong").build()) {
                listening.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
                try (BridgeChannel bridge = client.connect("front-door").get(30, TimeUnit.SECONDS)) {
                    assertThat(bridge.inputStream().read()).isEqualTo(-1);
                }
                assertThat(failure(() -> stranger.connect("front-door").get(30, TimeUnit.SECONDS)))
                        .isInstanceOfSatisfying(
                                HandshakeException.class,
                                refused -> assertThat(refused.status()).isEqualTo(401));
            }
        }
    }

    @Test
    void limits_andDraining_refuseBeforeTheUpgrade() throws Exception {
        Limits limits = Limits.builder()
                .maxBridges(2)
                .requestsPerSecond(3)
                .maxListeners(1)
                .build();
        try (Cluster cluster = Cluster.start(
                        1,
                        node -> node.limits(limits)
                                .signaller(invitation -> new CompletableFuture<>())); // never answers
                JdkConnector connector = JdkConnector.create()) {
            URI url = cluster.url(0);
            List<RecordingReceiver> waiting = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                waiting.add(open(connector, URI.create(url + "/bridge/connect?deviceId=a"), Map.of()));
            }
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> cluster.node(0).stats().pending() == 2);
            assertThat(status(url, "/bridge/connect?deviceId=a", UPGRADE)).isEqualTo(503);
            waiting.get(0).leg().abort();
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> cluster.node(0).stats().pending() == 1);
            open(connector, URI.create(url + "/bridge/listen?deviceId=a"), Map.of());
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> cluster.node(0).stats().listeners() == 1);
            assertThat(status(url, "/bridge/listen?deviceId=b", UPGRADE)).isEqualTo(503);
            var stopped = cluster.node(0).stop(Duration.ofSeconds(1));
            assertThat(answer(url, "/bridge/connect?deviceId=a", UPGRADE)).startsWith("HTTP/1.1 503 ");
            assertThat(answer(url, "/bridge/connect?deviceId=a", UPGRADE).toLowerCase(Locale.ROOT))
                    .contains("\r\nretry-after: ");
            assertThat(awaitClosed(waiting.get(1))).isEqualTo(4503);
            stopped.toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void tooManyRequests_are429() throws Exception {
        try (Cluster cluster = Cluster.start(
                1,
                node -> node.limits(Limits.builder().requestsPerSecond(1).build())
                        .clock(InstantSource.fixed(Instant.EPOCH)))) {
            assertThat(status(cluster.url(0), "/bridge/connect?deviceId=a", UPGRADE))
                    .isEqualTo(101);
            assertThat(status(cluster.url(0), "/bridge/connect?deviceId=a", UPGRADE))
                    .isEqualTo(429);
        }
    }

    @Test
    void waiting_isAnsweredWhenTheDeviceHasDecided() throws Exception {
        String connect = "/bridge/connect?wait=true&deviceId=";
        try (Cluster cluster = Cluster.start(2);
                BridgeDevice busy = device("busy", cluster, incoming -> incoming.reject(403, "not now"));
                BridgeDevice polite = device("polite", cluster, incoming -> {
                    try (BridgeChannel bridge = incoming.accept().get()) {
                        bridge.outputStream().write("welcome".getBytes(StandardCharsets.UTF_8));
                        bridge.inputStream().transferTo(bridge.outputStream());
                    }
                })) {
            URI url = cluster.url(0);
            assertThat(status(url, "/bridge/connect?deviceId=a&wait=yes", UPGRADE))
                    .isEqualTo(400);
            assertThat(status(url, connect + "nobody", UPGRADE)).isEqualTo(404);
            assertThat(answer(url, connect + "busy", UPGRADE))
                    .startsWith("HTTP/1.1 403 ")
                    .endsWith("\r\n\r\n403 not now\n");
            try (RawWebSocket requester = RawWebSocket.connect(URI.create(url + connect + "polite"), Map.of(), "")
                    .timeout(Duration.ofSeconds(20))) {
                assertThat(requester.read().text()).isEqualTo("welcome");
                requester.writeText("echo");
                assertThat(requester.read().text()).isEqualTo("echo");
            }
            busy.close();
            polite.close();
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(cluster.node(0).stats()).isEqualTo(new NodeStats(0, 0, 0, false)));
        }
    }

    private static BridgeDevice device(String id, Cluster cluster, BridgeDevice.Handler handler) throws Exception {
        BridgeDevice device =
                BridgeDevice.builder(id, cluster.url(), handler).build().start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        return device;
    }

    @Test
    void tokens_unusable_endWithTheirCode() throws Exception {
        TokenKeys keys = TokenKeys.generate();
        AeadTokenCodec codec = AeadTokenCodec.create(() -> keys);
        try (Socket nobody = new Socket(); // bound, so that nothing else can listen there
                Cluster cluster = Cluster.start(2, node -> node.keys(keys));
                JdkConnector connector = JdkConnector.create()) {
            nobody.bind(new InetSocketAddress("127.0.0.1", 0));
            NodeAddress dead = NodeAddress.parse("ws://127.0.0.1:" + nobody.getLocalPort());
            NodeAddress here = cluster.node(0).address();
            NodeAddress other = cluster.node(1).address();
            Instant later = Instant.now().plusSeconds(60);
            assertThat(accept(connector, cluster.url(0), codec, dead, later)).isEqualTo(4502);
            assertThat(accept(connector, cluster.url(0), codec, here, later)).isEqualTo(4410);
            assertThat(accept(connector, cluster.url(0), codec, other, later)).isEqualTo(4410);
            assertThat(accept(
                            connector,
                            cluster.url(0),
                            codec,
                            here,
                            Instant.now().minusSeconds(1)))
                    .isEqualTo(4410);
            TokenKeys strange = TokenKeys.generate();
            assertThat(accept(connector, cluster.url(0), AeadTokenCodec.create(() -> strange), here, later))
                    .isEqualTo(4410);
            await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                assertThat(cluster.node(0).stats()).isEqualTo(new NodeStats(0, 0, 0, false));
                assertThat(cluster.node(1).stats()).isEqualTo(new NodeStats(0, 0, 0, false));
            });
        }
    }

    @Test
    void forgedTokens_thousandsOverRealSockets_leaveNothing() throws Exception {
        Limits patient = Limits.builder().failedCredentials(1_000_000).build();
        try (Cluster cluster = Cluster.start(1, node -> node.limits(patient));
                JdkConnector connector = JdkConnector.create()) {
            SecureRandom random = new SecureRandom();
            long threadsBefore = 0;
            for (int round = 0; round < 40; round++) {
                List<RecordingReceiver> legs = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    byte[] forged = new byte[90];
                    random.nextBytes(forged);
                    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(forged);
                    legs.add(open(connector, Endpoints.accept(cluster.url(0), new BridgeToken(token), ""), Map.of()));
                }
                for (RecordingReceiver leg : legs) {
                    assertThat(awaitClosed(leg)).isEqualTo(4410);
                }
                threadsBefore = round == 0 ? threads() : threadsBefore;
            }
            assertThat(threads()).isLessThan(threadsBefore + 20);
            assertThat(cluster.node(0).stats()).isEqualTo(new NodeStats(0, 0, 0, false));
        }
    }

    /**
     * Counts the threads, except those of the JDK's HTTP client, which is the other end and may have any number.
     */
    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("wsbridge") || name.startsWith("netty"))
                .count();
    }

    private static int accept(
            Connector connector, URI url, AeadTokenCodec codec, NodeAddress owner, Instant expiresAt) {
        BridgeToken token = codec.encode(new TokenClaims(BridgeId.random(new SecureRandom()), owner, expiresAt));
        return awaitClosed(open(connector, Endpoints.accept(url, token, ""), Map.of()));
    }

    private static RecordingReceiver open(Connector connector, URI url, Map<String, String> headers) {
        RecordingReceiver receiver = new RecordingReceiver(connector
                        .connect(new Connector.Target(url, headers, "", Duration.ofSeconds(20)))
                        .toCompletableFuture()
                        .orTimeout(30, TimeUnit.SECONDS)
                        .join())
                .open();
        receiver.demandAlways();
        return receiver;
    }

    private static int awaitClosed(RecordingReceiver leg) {
        await().atMost(Duration.ofSeconds(30))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> leg.closed() != null);
        return leg.closed().code();
    }

    private static Throwable failure(Callable<?> call) throws Exception {
        try {
            call.call();
            throw new AssertionError("did not fail");
        } catch (ExecutionException | CompletionException e) {
            assertThat(e.getCause()).isInstanceOf(BridgeException.class);
            return e.getCause();
        }
    }

    static int status(URI url, String target, String headers) throws IOException {
        return Integer.parseInt(answer(url, target, headers).substring(9, 12));
    }

    /** Returns the whole response; for a refusal, everything until the server closes the connection. */
    private static String answer(URI url, String target, String headers) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress("127.0.0.1", url.getPort()), 10_000);
            String request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] head = socket.getInputStream().readNBytes(12);
            String start = new String(head, StandardCharsets.US_ASCII);
            if (start.endsWith("101")) {
                return start;
            }
            String rest = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            int body = rest.indexOf("\r\n\r\n");
            assertThat(rest.substring(body + 4).chars().allMatch(c -> c >= ' ' || c == '\n'))
                    .as("plain text and nothing after it: %s", rest)
                    .isTrue();
            return start + rest;
        }
    }
}
