package io.github.wsbridge.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands whose streams are encrypted from end to end, from TCP to TCP. */
class EndToEndFlagsTest {

    private static final Pattern KEY = Pattern.compile("device key: (SHA256:[A-Za-z0-9+/]{43}) ");

    @TempDir
    Path folder;

    private EchoPort echo;
    private Run node;

    @BeforeEach
    void start() throws IOException {
        echo = new EchoPort();
        node = Run.of("node", "--listen", "127.0.0.1:0", "--insecure");
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
        echo.close();
    }

    private Run client(String command, String... more) {
        List<String> words = new ArrayList<>(List.of(command, "--server", "ws://127.0.0.1:" + node.port()));
        words.addAll(List.of(more));
        return Run.of(words.toArray(String[]::new));
    }

    private Run device(String... more) {
        List<String> words = new ArrayList<>(List.of("--id", "pi-7", "--target", "echo=127.0.0.1:" + echo.number()));
        words.addAll(List.of(more));
        return client("device", words.toArray(String[]::new));
    }

    private Run tunnel(String... more) {
        List<String> words = new ArrayList<>(List.of("--forward", "0=pi-7/echo"));
        words.addAll(List.of(more));
        return client("tunnel", words.toArray(String[]::new));
    }

    private static String key(Run device) {
        Matcher line = KEY.matcher(device.ready());
        assertThat(line.find()).as(device.out()).isTrue();
        return line.group(1);
    }

    /** Sends a line through the tunnel and ends the output; returns what comes back, nothing after a reset. */
    private static String echo(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) Run.PATIENCE.toMillis());
            socket.getOutputStream().write("hello".getBytes(UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        } catch (java.net.SocketException e) {
            return "";
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "jdk", "tyrus"})
    void firstStart_createsAKey_thatTheTunnelRemembers_andItsChangeIsRefused(String transport) throws Exception {
        Path cert = folder.resolve("device.pem");
        Path known = folder.resolve("known_devices");
        String first;
        try (Run device = device("--transport", transport, "--e2e-cert", cert.toString());
                Run tunnel = tunnel("--transport", transport, "--e2e", "--known-devices", known.toString())) {
            first = key(device);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cert)))
                    .isEqualTo("rw-------");
            assertThat(echo(tunnel.port())).isEqualTo("hello");
            assertThat(echo(tunnel.port())).isEqualTo("hello");
            assertThat(tunnel.err()).containsOnlyOnce("the key of device pi-7 was not known; " + first);
            assertThat(Files.readString(known)).isEqualTo("pi-7 " + first + "\n");
        }
        try (Run device = device("--transport", transport, "--e2e-cert", cert.toString())) {
            assertThat(key(device)).as("the key of the second start").isEqualTo(first);
        }
        Files.delete(cert);
        try (Run device = device("--transport", transport, "--e2e-cert", cert.toString());
                Run tunnel = tunnel("--transport", transport, "--e2e", "--known-devices", known.toString())) {
            String second = key(device);
            assertThat(second).isNotEqualTo(first);
            assertThat(echo(tunnel.port())).isEmpty();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(tunnel.err())
                            .contains(
                                    "THE KEY OF DEVICE pi-7 HAS CHANGED: it is " + second + " now, and was " + first));
        }
    }

    @Test
    void pin_overStandardInputAndOutput() throws Exception {
        Path cert = folder.resolve("cert.pem");
        Path privateKey = folder.resolve("key.pem");
        try (Run device = device("--e2e-cert", cert.toString(), "--e2e-key", privateKey.toString(), "--e2e-only")) {
            String key = key(device);
            assertThat(Files.readString(cert)).doesNotContain("PRIVATE");
            String[] words = {
                "tunnel",
                "--server",
                "ws://127.0.0.1:" + node.port(),
                "--device",
                "pi-7",
                "--target",
                "echo",
                "--stdio",
                "--e2e",
                "--e2e-pin",
                key
            };
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (Run tunnel = Run.piped(new ByteArrayInputStream("hello".getBytes(UTF_8)), out, words)) {
                assertThat(tunnel.code()).as(tunnel.err()).isZero();
            }
            assertThat(out.toString(UTF_8)).isEqualTo("hello");

            words[words.length - 1] = "SHA256:" + "A".repeat(43);
            try (Run other = Run.piped(new ByteArrayInputStream(new byte[5]), new ByteArrayOutputStream(), words)) {
                assertThat(other.code()).isEqualTo(1);
                assertThat(other.err()).contains("THE KEY OF DEVICE pi-7 IS NOT THE ONE THAT IS PINNED: it is " + key);
            }
            words[words.length - 5] = "nothing";
            words[words.length - 1] = key;
            try (Run unknown = Run.piped(new ByteArrayInputStream(new byte[5]), new ByteArrayOutputStream(), words)) {
                assertThat(unknown.code()).isEqualTo(1);
                assertThat(unknown.err()).contains("404 unknown target");
            }
        }
    }

    @Test
    void deviceThatWantsEncryption_refusesOthers_andNobodyFallsBack() throws Exception {
        String cert = folder.resolve("cert.pem").toString();
        try (LogCapture log = new LogCapture();
                Run device = device("--e2e-cert", cert, "--e2e-only");
                Run plain = tunnel()) {
            device.ready();
            assertThat(echo(plain.port())).isEmpty();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(log.all())
                            .anyMatch(line -> line.contains("only what is encrypted from end to end")));
        }
        try (LogCapture log = new LogCapture();
                Run device = device();
                Run encrypting = tunnel(
                        "--e2e", "--known-devices", folder.resolve("known").toString())) {
            device.ready();
            assertThat(echo(encrypting.port())).isEmpty();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(
                            () -> assertThat(log.all()).anyMatch(line -> line.contains("4403 404 unknown target")));
        }
    }

    @Test
    void fleetAuthority_knowsDevicesAndPeople_andFilesAreReadAgain() throws Exception {
        TestAuthority authority = TestAuthority.shared("fleet");
        TestAuthority.Issued device = authority.issue("CN=any", "dns:pi-7");
        TestAuthority.Issued alice = authority.issue("CN=alice");
        Path trusted = Files.copy(authority.certificateFile(), folder.resolve("trusted.pem"));
        String ca = authority.certificateFile().toString();
        try (LogCapture log = new LogCapture();
                Run listening = device(
                        "--e2e-cert",
                        device.certificateFile().toString(),
                        "--e2e-key",
                        device.keyFile().toString(),
                        "--e2e-client-ca",
                        trusted.toString());
                Run tunnel = tunnel(
                        "--e2e",
                        "--e2e-ca",
                        ca,
                        "--e2e-cert",
                        alice.certificateFile().toString(),
                        "--e2e-key",
                        alice.keyFile().toString());
                Run nobody = tunnel("--e2e", "--e2e-ca", ca)) {
            listening.ready();
            assertThat(echo(tunnel.port())).isEqualTo("hello");
            assertThat(echo(nobody.port())).isEmpty();
            Files.writeString(trusted, Files.readString(TestAuthority.create().certificateFile()));
            listening.hangUp();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(log.all())
                            .anyMatch(line -> line.startsWith("authorities of requesters " + trusted)));
            assertThat(echo(tunnel.port())).isEmpty();
        }
    }
}
