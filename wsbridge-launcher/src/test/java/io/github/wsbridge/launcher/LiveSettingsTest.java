package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.LogCapture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A configuration file that changes while a command runs. */
final class LiveSettingsTest {

    private static final String FIXED = """
            insecure: true
            listen: 127.0.0.1:0
            management-listen: 127.0.0.1:0
            """;

    private static String status(Run node) throws Exception {
        Matcher said = Pattern.compile("management on ([^\\s,]+)").matcher(node.ready());
        assertThat(said.find()).isTrue();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(said.group(1) + "/status"))
                                .timeout(Run.PATIENCE)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void limits_changeAtOnceOnHangup_orSoon_othersNeedARestart(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("node.yaml"), FIXED + "max-bridges: 5\nmax-listeners: 6\n");
        try (LogCapture log = new LogCapture();
                Run node = Run.with(
                        Map.of("WSBRIDGE_CONFIG", file.toString()), "node", "--max-listeners", "66", "--grace=1s")) {
            assertThat(status(node)).contains("\"bridges\":5", "\"listeners\":66");

            Files.writeString(file, FIXED + "max: {bridges: 7, listeners: 8}\naccept-timeout: 9s\n");
            node.hangUp();
            assertThat(status(node))
                    .as("the command line takes precedence")
                    .contains("\"bridges\":7", "\"listeners\":66", "\"acceptTimeoutSeconds\":30");
            assertThat(log.loud())
                    .singleElement()
                    .asString()
                    .endsWith("these settings have changed, too, but need a restart: accept-timeout");
            assertThat(log.all()).anyMatch(line -> line.endsWith("these settings have changed: max-bridges"));

            Files.writeString(file, FIXED + "max-bridges: none\n");
            node.hangUp();
            assertThat(log.loud()).last().asString().contains("the old content stays in force", "none");
            assertThat(status(node)).contains("\"bridges\":7");

            Files.writeString(file, FIXED + "max-bridges: 9\n");
            Awaitility.await().atMost(Run.PATIENCE).until(() -> status(node).contains("\"bridges\":9"));
        }
    }

    @Test
    void device_takesTargetsAtOnce_othersNeedARestart_bridgesKeepTheirs(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("device.properties");
        try (EchoPort echo = new EchoPort();
                LogCapture log = new LogCapture();
                Run node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0")) {
            String fixed = "server=ws://127.0.0.1:" + node.port() + "\nid=d\n";
            Files.writeString(file, fixed + "target=one=127.0.0.1:" + echo.number());
            try (Run device = Run.of("device", "--config=" + file);
                    Run one = tunnel(node, "one");
                    Run two = tunnel(node, "two")) {
                device.ready();
                try (Socket open = new Socket(InetAddress.getLoopbackAddress(), one.port())) {
                    assertThat(echoes(open)).isTrue();
                    assertThat(reached(two)).isFalse();

                    Files.writeString(
                            file,
                            fixed + "target=two=127.0.0.1:" + echo.number() + "\nmax-bridges=7\nask-timeout=9s\n");
                    device.hangUp();
                    assertThat(log.all()).anyMatch(line -> line.endsWith("these settings have changed: target"));
                    assertThat(log.loud()).anyMatch(line -> line.endsWith("need a restart: ask-timeout, max-bridges"));
                    assertThat(reached(two)).isTrue();
                    assertThat(reached(one)).isFalse();
                    assertThat(echoes(open)).as("a bridge to the old target").isTrue();

                    Files.writeString(file, fixed + "target=nonsense\n");
                    device.hangUp();
                    assertThat(log.loud()).last().asString().contains("the old content stays in force", "no name");
                    assertThat(reached(two)).isTrue();
                }
            }
        }
    }

    @Test
    void tunnel_saysWhatNeedsARestart(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("tunnel.properties");
        String fixed = "server=ws://127.0.0.1:1\nforward=0=d/t\n";
        Files.writeString(file, fixed);
        try (LogCapture log = new LogCapture();
                Run tunnel = Run.of("tunnel", "--config=" + file)) {
            tunnel.port();
            Files.writeString(file, fixed + "verbose=true\nmax-connections=7\n");
            tunnel.hangUp();
            assertThat(log.all()).anyMatch(line -> line.endsWith("these settings have changed: verbose"));
            assertThat(log.loud())
                    .filteredOn(line -> line.contains("restart"))
                    .singleElement()
                    .asString()
                    .endsWith("need a restart: max-connections");
        }
    }

    @Test
    void filesThatAreReadOnlyAtTheStart_areNamedWhenTheyChange(@TempDir Path folder) throws Exception {
        Path key = Files.writeString(folder.resolve("hook.key"), "a key of 32 bytes, or of even more\n");
        try (LogCapture log = new LogCapture();
                Run node = Run.of(
                        "node",
                        "--insecure",
                        "--listen=127.0.0.1:0",
                        "--signal=webhook",
                        "--webhook-url=http://127.0.0.1:1/",
                        "--webhook-key-file=" + key)) {
            node.ready();
            Files.writeString(key, "another key of 32 bytes, or of more\n");
            node.hangUp();
            node.hangUp();
            assertThat(log.loud())
                    .filteredOn(line -> line.contains("hook.key"))
                    .filteredOn(line -> line.contains("restart"))
                    .singleElement()
                    .asString()
                    .isEqualTo(key + " (--webhook-key-file) has changed, but needs a restart");
        }
    }

    private static Run tunnel(Run node, String target) throws Exception {
        return Run.of("tunnel", "--server=ws://127.0.0.1:" + node.port(), "--forward=0=d/" + target);
    }

    private static boolean reached(Run tunnel) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), tunnel.port())) {
            return echoes(socket);
        }
    }

    /** Returns whether a byte comes back, and not the end of the connection. */
    private static boolean echoes(Socket socket) throws IOException {
        socket.setSoTimeout((int) Run.PATIENCE.toMillis());
        try {
            socket.getOutputStream().write(7);
            return socket.getInputStream().read() == 7;
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (SocketException e) {
            return false;
        }
    }
}
