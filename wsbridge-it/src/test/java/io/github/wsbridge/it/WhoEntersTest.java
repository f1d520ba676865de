package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonParser;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.RawWebSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests on the wire, and across nodes, who may be a requester or a device: signed URLs, web pages, accepts. */
@Timeout(120)
final class WhoEntersTest {

    private static final String ALICE = ApiKeyPolicy.newKey();
    private static final String DEVICE = ApiKeyPolicy.newKey();
    private static final String OTHER = ApiKeyPolicy.newKey();

    private final BlockingQueue<String> principals = new LinkedBlockingQueue<>();
    private Cluster cluster;
    private BridgeDevice device;

    @BeforeEach
    void start() throws Exception {
        ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of(
                "alice requester " + ApiKeyPolicy.hash(ALICE),
                "pi-7 device " + ApiKeyPolicy.hash(DEVICE),
                "pi-8 device " + ApiKeyPolicy.hash(OTHER)));
        cluster = Cluster.start(3, node -> node.accessPolicy(policy).acceptCredential(true));
        device = BridgeDevice.builder("pi-7", cluster.url(), incoming -> {
                    principals.add(incoming.principal());
                    incoming.accept().get().shutdownOutput();
                })
                .apiKey(DEVICE)
                .daemon(true)
                .build()
                .start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() {
        device.close();
        cluster.close();
    }

    private URI signed(String more) throws Exception {
        HttpResponse<String> answer = post("?deviceId=pi-7&wait=true" + more, ALICE);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        return URI.create(JsonParser.object().from(answer.body()).getString("url"));
    }

    private HttpResponse<String> post(String query, String key) throws Exception {
        URI base = cluster.url(0);
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(
                                        URI.create("http://" + base.getAuthority() + "/bridge/signed-url" + query))
                                .header("X-Api-Key", key)
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    /** Opens a WebSocket and returns the head of the answer. */
    private static String open(URI url, String fields) throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(url.getPort())) {
            raw.writeRaw(RawWebSocket.request(url.getRawPath() + "?" + url.getRawQuery(), fields));
            return raw.readHead();
        }
    }

    private URI at(int node, URI url) {
        return URI.create(cluster.url(node) + url.getRawPath() + "?" + url.getRawQuery());
    }

    @Test
    void signedUrl_onEachNode_fromAnyPage_reachesTheDevice_inTheNameOfItsSigner() throws Exception {
        URI url = signed("");
        for (int node = 0; node < 3; node++) {
            assertThat(open(at(node, url), "Origin: https://anywhere.example\r\n"))
                    .startsWith("HTTP/1.1 101 ");
            assertThat(principals.poll(30, TimeUnit.SECONDS)).isEqualTo("alice");
        }
        assertThat(open(at(1, URI.create(url + "x")), "")).startsWith("HTTP/1.1 403 ");
        assertThat(post("?deviceId=pi-7", DEVICE).statusCode()).isEqualTo(403);
        assertThat(post("?deviceId=pi-7", "wrong").statusCode()).isEqualTo(401);
    }

    @Test
    void signedUrl_forOneBridge_isGoodOnce_onAnyNode() throws Exception {
        for (List<Integer> nodes : List.of(List.of(0, 1), List.of(1, 2), List.of(2, 0))) {
            URI url = signed("&once=true");
            assertThat(open(at(nodes.get(0), url), "")).startsWith("HTTP/1.1 101 ");
            assertThat(open(at(nodes.get(1), url), "")).startsWith("HTTP/1.1 403 ");
        }
    }

    @Test
    void page_withoutASignedUrl_isRefused_whateverItKnows() throws Exception {
        for (String target : List.of("/bridge/connect?deviceId=pi-7", "/bridge/listen?deviceId=pi-7")) {
            for (String key : List.of(ALICE, DEVICE)) {
                assertThat(open(
                                URI.create(cluster.url(0) + target),
                                "Origin: https://anywhere.example\r\nX-Api-Key: " + key + "\r\n"))
                        .startsWith("HTTP/1.1 403 ");
            }
        }
    }

    @Test
    void device_hasItsOwnKeyOnly() throws Exception {
        try (Connector connector = JdkConnector.create()) {
            assertThatThrownBy(() -> connector
                            .connect(new Connector.Target(
                                    URI.create(cluster.url(0) + "/bridge/listen?deviceId=pi-7"),
                                    Map.of("X-Api-Key", OTHER),
                                    "",
                                    Duration.ofSeconds(30)))
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            HandshakeException.class,
                            refused -> assertThat(refused.status()).isEqualTo(403));
        }
    }

    @Test
    void accept_withTheTokenAlone_orAnotherDevicesKey_isRefusedOnEachNode() throws Exception {
        device.close();
        URI listen = URI.create(cluster.url(1) + "/bridge/listen?deviceId=pi-7");
        for (int node = 0; node < 3; node++) {
            try (RawWebSocket socket = RawWebSocket.dial(listen.getPort());
                    BridgeClient client =
                            BridgeClient.builder(cluster.url(0)).apiKey(ALICE).build()) {
                socket.writeRaw(RawWebSocket.request(
                        listen.getRawPath() + "?" + listen.getRawQuery(), "X-Api-Key: " + DEVICE + "\r\n"));
                assertThat(socket.readHead()).startsWith("HTTP/1.1 101 ");
                CompletableFuture<BridgeChannel> bridge = client.connect("pi-7");
                URI accept = at(
                        node,
                        URI.create(
                                JsonParser.object().from(socket.read().text()).getString("acceptUrl")));
                assertThat(open(accept, "")).startsWith("HTTP/1.1 401 ");
                assertThat(open(accept, "X-Api-Key: " + OTHER + "\r\n")).startsWith("HTTP/1.1 403 ");
                assertThat(open(accept, "X-Api-Key: " + ALICE + "\r\n")).startsWith("HTTP/1.1 403 ");
                assertThat(open(URI.create(accept + "&rejectCode=403"), "")).startsWith("HTTP/1.1 401 ");
                assertThat(bridge).isNotDone();
                assertThat(open(accept, "X-Api-Key: " + DEVICE + "\r\n")).startsWith("HTTP/1.1 101 ");
                bridge.get(30, TimeUnit.SECONDS).close();
            }
        }
        assertThat(cluster.crossings.forwarded()).isEqualTo(2);
    }
}
