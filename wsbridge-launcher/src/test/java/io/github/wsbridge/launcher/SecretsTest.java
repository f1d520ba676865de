package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.transport.TestKeys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Secrets do not get out, and files with secrets are not open to everybody. */
class SecretsTest {

    private static TestKeys keys;

    @TempDir
    Path folder;

    @BeforeAll
    static void create() throws Exception {
        keys = TestKeys.create();
    }

    @Test
    void verboseLogs_outputs_andAnswers_containNoSecret() throws Exception {
        String deviceKey = ApiKeyPolicy.newKey();
        String requesterKey = ApiKeyPolicy.newKey();
        String wrongKey = ApiKeyPolicy.newKey();
        String webhookKey = "webhook-0123456789-0123456789-0123456789";
        String bearer = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQtc3ViamVjdCJ9.c2lnbmF0dXJl";
        String data = "secret-request-data";
        TokenKeys keyset = TokenKeys.generate();
        List<String> secrets = new ArrayList<>(List.of(deviceKey, requesterKey, wrongKey, webhookKey, bearer, data));
        Matcher material = Pattern.compile("\"value\"\\s*:\\s*\"([^\"]+)\"").matcher(keyset.toJson());
        while (material.find()) {
            secrets.add(material.group(1));
        }
        assertThat(secrets).hasSizeGreaterThan(6);

        Path permitted = Files.writeString(
                folder.resolve("api-keys"),
                "d device " + ApiKeyPolicy.hash(deviceKey) + "\nreq requester " + ApiKeyPolicy.hash(requesterKey)
                        + "\n");
        List<String> accepts = new CopyOnWriteArrayList<>(); // bodies with bridge tokens
        HttpServer backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.createContext("/", exchange -> {
            accepts.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
        });
        backend.start();
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = Run.with(
                        Map.of("WSBRIDGE_KEYSET", keyset.toJson(), "WSBRIDGE_WEBHOOK_KEY", webhookKey),
                        "node",
                        "-v",
                        "--listen",
                        "127.0.0.1:0",
                        "--api-keys",
                        permitted.toString(),
                        "--signal",
                        "webhook",
                        "--webhook-url",
                        "http://127.0.0.1:" + backend.getAddress().getPort() + "/",
                        "--jwt-issuer",
                        "http://127.0.0.1:1",
                        "--jwt-audience",
                        "bridge");
                Run device =
                        command("device", node, deviceKey, "--id", "d", "--target", "e=127.0.0.1:" + echo.number());
                Run wrongDevice = command("device", node, wrongKey, "--id", "d", "--target", "e=127.0.0.1:1");
                Run tunnel = command("tunnel", node, requesterKey, "--forward", "0=d/e");
                Run nowhere = command("tunnel", node, requesterKey, "--forward", "0=nobody/t");
                Run wrong = command("tunnel", node, wrongKey, "--forward", "0=d/e")) {
            device.ready();
            List<String> said = new ArrayList<>();
            said.add(talk(tunnel.port()));
            assertThat(said).containsExactly("hello");
            talk(nowhere.port());
            talk(wrong.port());
            for (String path : List.of(
                    "/bridge/connect?deviceId=d&requestData=" + data,
                    "/bridge/connect?deviceId=&requestData=" + data,
                    "/bridge/connect?deviceId=d&wait=" + data,
                    "/bridge/listen?deviceId=" + "d".repeat(300) + "&x=" + data,
                    "/bridge/accept?bridgeToken=" + data,
                    "/bridge/accept?bridgeToken=%zz" + data,
                    "/elsewhere?x=" + data)) {
                said.add(ask(node.port(), path, "X-Api-Key: " + wrongKey + "\r\n"));
                said.add(ask(node.port(), path, "Authorization: Bearer " + bearer + "\r\n"));
                said.add(ask(node.port(), path, "X-Bridge-Node: " + wrongKey + "\r\n"));
            }
            assertThat(accepts).as("the webhook was asked").isNotEmpty();
            for (String body : accepts) {
                secrets.add(body.replaceAll("(?s).*bridgeToken=([^&\"]+).*", "$1"));
            }
            for (Run run : List.of(node, device, wrongDevice, tunnel, nowhere, wrong)) {
                run.stop().code();
                said.add(run.out());
                said.add(run.err());
            }
            said.addAll(log.all());
            assertThat(said.size()).isGreaterThan(30);
            for (String secret : secrets) {
                assertThat(said).noneMatch(text -> text.contains(secret));
            }
        } finally {
            backend.stop(0);
        }
    }

    private static Run command(String name, Run node, String key, String... more) {
        List<String> words = new ArrayList<>(List.of(name, "-v", "--server", "ws://127.0.0.1:" + node.port()));
        words.addAll(List.of(more));
        return Run.with(Map.of("WSBRIDGE_API_KEY", key), words.toArray(String[]::new));
    }

    private static String talk(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException e) {
            return "";
        }
    }

    private static String ask(int port, String path, String fields) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(RawWebSocket.request(path, fields).getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[4096];
            int length = socket.getInputStream().readNBytes(answer, 0, 12);
            socket.shutdownOutput();
            length += socket.getInputStream().readNBytes(answer, length, answer.length - length);
            return new String(answer, 0, length, StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "rw-------, owner, ''",
        "rw-r-----, owner, its group may read",
        "rw-r-----, group, ''",
        "rw-r--r--, group, everybody may read",
        "rw-r--r--, owner, everybody may read",
        "rw-rw-rw-, warn,  everybody may write",
    })
    void fileThatOthersMayRead_isRefused_asChosen(String permissions, String readers, String refusal) throws Exception {
        assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
        Files.setPosixFilePermissions(keys.key(), PosixFilePermissions.fromString(permissions));
        try (Run node = Run.of(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:0",
                "--tls-cert",
                keys.certificate().toString(),
                "--tls-key",
                keys.key().toString(),
                "--secret-files",
                readers)) {
            if (refusal.isEmpty()) {
                assertThat(node.ready()).contains("node ready");
            } else {
                assertThat(node.code()).isEqualTo(1);
                assertThat(node.err())
                        .contains(refusal + " " + keys.key() + " (--tls-key)")
                        .contains("chmod");
            }
        }
    }

    @Test
    void fileThatDecidesWhoIsLetIn_mustNotBeWritableByEverybody() throws Exception {
        assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
        Path permitted = Files.writeString(folder.resolve("api-keys"), "");
        Files.setPosixFilePermissions(permitted, PosixFilePermissions.fromString("rw-rw-rw-"));
        try (Run node = Run.of("node", "--listen", "127.0.0.1:0", "--api-keys", permitted.toString())) {
            assertThat(node.code()).isEqualTo(1);
            assertThat(node.err()).contains("everybody may write " + permitted + " (--api-keys): run 'chmod o-w");
        }
    }

    @Test
    void fileThatEverybodyMayRead_isWarnedAbout() throws Exception {
        assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
        Path key = Files.writeString(folder.resolve("key"), "some-key");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        try (LogCapture log = new LogCapture();
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        "ws://127.0.0.1:1",
                        "--forward",
                        "0=d/t",
                        "--api-key-file",
                        key.toString())) {
            tunnel.ready();
            assertThat(log.loud()).anyMatch(line -> line.contains("everybody may read " + key));
        }
    }

    @Test
    void keysetInTheEnvironment_thatIsNone_isRefusedWithoutQuotingIt() throws Exception {
        Run node = Run.with(
                Map.of("WSBRIDGE_KEYSET", "{\"secret-content\""), "node", "--insecure", "--listen", "127.0.0.1:0");
        assertThat(node.code()).isEqualTo(1);
        assertThat(node.err())
                .contains("WSBRIDGE_KEYSET does not contain a keyset")
                .doesNotContain("secret-content");
    }
}
