package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The record of who used a node. */
final class AuditTest {

    private static List<JsonObject> entries(Path file) throws Exception {
        List<JsonObject> entries = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            entries.add(JsonParser.object().from(line));
        }
        return entries;
    }

    private static JsonObject await(Path file, String event) {
        return Awaitility.await()
                .atMost(Run.PATIENCE)
                .until(
                        () -> entries(file).stream()
                                .filter(entry -> entry.getString("event").equals(event))
                                .reduce((first, last) -> last)
                                .orElse(new JsonObject()),
                        entry -> !entry.isEmpty());
    }

    @Test
    void file_saysWhoDidWhat(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("audit.json");
        try (Run node = Run.of(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:0",
                "--audit",
                file.toString(),
                "--audit-format",
                "json")) {
            URI url = URI.create("ws://127.0.0.1:" + node.port());
            try (BridgeDevice device = BridgeDevice.builder("device-1", url, incoming -> {
                                if (incoming.requestData().equals("no")) {
                                    incoming.reject(7, "not today");
                                    return;
                                }
                                try (BridgeChannel bridge = incoming.accept().get(30, TimeUnit.SECONDS)) {
                                    bridge.inputStream().transferTo(bridge.outputStream());
                                }
                            })
                            .build()
                            .start();
                    BridgeClient client = BridgeClient.builder(url).build()) {
                device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
                try (BridgeChannel bridge = client.connect("device-1").get(30, TimeUnit.SECONDS)) {
                    bridge.readTimeout(Duration.ofSeconds(30));
                    bridge.write(ByteBuffer.wrap(new byte[1000]));
                    bridge.inputStream().readNBytes(1000);
                }
                JsonObject end = await(file, "end");
                JsonObject connect = await(file, "connect");
                JsonObject accept = await(file, "accept");
                assertThat(await(file, "listen").getString("device")).isEqualTo("device-1");
                assertThat(connect.getString("device")).isEqualTo("device-1");
                assertThat(connect.getString("principal")).isEqualTo("anonymous");
                assertThat(connect.getString("from")).startsWith("127.0.0.1:");
                assertThat(accept.getString("bridge")).isEqualTo(connect.getString("bridge"));
                assertThat(accept.getString("from")).startsWith("127.0.0.1:").isNotEqualTo(connect.getString("from"));
                assertThat(end.getString("from")).isEqualTo(connect.getString("from"));
                assertThat(end.getInt("toDevice")).isEqualTo(1000);
                assertThat(end.getInt("toRequester")).isEqualTo(1000);
                assertThat(end.getInt("code")).isEqualTo(1000);
                assertThat(end.getInt("millis", -1)).isNotNegative();

                assertThatThrownBy(() -> client.connect("device-1", "no").get(30, TimeUnit.SECONDS))
                        .hasMessageContaining("not today");
                JsonObject reject = await(file, "reject");
                assertThat(reject.getInt("code")).isEqualTo(4403);
                assertThat(reject.getString("reason")).contains("not today");
            }
            refused(url, 3);
            assertThat(await(file, "refuse").getInt("status")).isEqualTo(426);
        }
        assertThat(await(file, "refuse").getInt("count"))
                .as("the rest, when the node stops")
                .isEqualTo(2);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    /** Asks in a way that is refused. */
    private static void refused(URI node, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            assertThat(status(node, "/bridge/connect?deviceId=x")).isEqualTo(426);
        }
    }

    private static int status(URI node, String path) throws Exception {
        URI url = URI.create(node.toString().replace("ws:", "http:") + path);
        HttpRequest request = HttpRequest.newBuilder(url).timeout(Run.PATIENCE).build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void refusals_ofPathsThatClientsChoose_countTogether(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("audit.json");
        try (Run node = Run.of(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:0",
                "--audit",
                file.toString(),
                "--audit-format",
                "json")) {
            URI url = URI.create("ws://127.0.0.1:" + node.port());
            for (int i = 0; i < 3; i++) {
                assertThat(status(url, "/bridge/" + i)).isEqualTo(404);
            }
        }
        assertThat(entries(file))
                .extracting(entry -> entry.getString("where"), entry -> entry.getInt("count"))
                .containsExactly(tuple("other", 1), tuple("other", 2));
    }

    @Test
    void file_renamed_isOpenedAgainOnHangup(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("audit.json");
        try (Run node = Run.of(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:0",
                "--audit",
                file.toString(),
                "--audit-format",
                "json")) {
            node.ready();
            Path old = Files.move(file, dir.resolve("audit.json.1"));
            node.hangUp();
            refused(URI.create("ws://127.0.0.1:" + node.port()), 1);
            await(file, "refuse");
            assertThat(old).isEmptyFile();
        }
    }

    @Test
    void stderr_byDefault_andOff() throws Exception {
        try (Run node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0")) {
            refused(URI.create("ws://127.0.0.1:" + node.port()), 1);
            Awaitility.await()
                    .atMost(Run.PATIENCE)
                    .untilAsserted(() -> assertThat(node.err())
                            .containsPattern(
                                    " AUDIT refuse where=/bridge/connect status=426 from=127.0.0.1 count=1\n"));
        }
        try (Run node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0", "--audit", "off")) {
            refused(URI.create("ws://127.0.0.1:" + node.port()), 1);
            node.stop().code();
            assertThat(node.err()).doesNotContain("AUDIT");
        }
    }

    @Test
    void quietNode_recordsOnlyIfAskedTo() throws Exception {
        for (boolean asked : new boolean[] {false, true}) {
            List<String> args = new ArrayList<>(List.of("node", "--insecure", "--listen=127.0.0.1:0", "--quiet"));
            if (asked) {
                args.add("--audit=stderr");
            }
            Run node = Run.of(args.toArray(String[]::new));
            try (node) {
                refused(URI.create("ws://127.0.0.1:" + node.port()), 1);
            }
            assertThat(node.err().contains("AUDIT refuse")).isEqualTo(asked);
        }
    }
}
