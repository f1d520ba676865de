package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes that know their clients by certificates. */
class ClientCertificatesTest {

    private static TestAuthority authority;
    private static TestAuthority.Issued server;
    private static TestAuthority.Issued device;
    private static TestAuthority.Issued person;

    @TempDir
    Path folder;

    @BeforeAll
    static void issue() throws Exception {
        authority = TestAuthority.create();
        server = authority.issue("CN=node", "dns:localhost", "ip:127.0.0.1");
        device = authority.issue("CN=anything", "dns:pi-7.devices.example.com");
        person = authority.issue("CN=alice");
    }

    private Run node(String... more) throws IOException {
        Path rules = Files.writeString(
                folder.resolve("rules"), "device dns:*.devices.example.com\nrequester cn:alice pi-*\n");
        List<String> words = new ArrayList<>(List.of(
                "node",
                "--tls-cert",
                server.certificateFile().toString(),
                "--tls-key",
                server.keyFile().toString(),
                "--client-certs",
                rules.toString()));
        words.addAll(List.of(more));
        return Run.of(words.toArray(String[]::new));
    }

    private static Run client(String command, Run node, Path cert, Path key, String... more) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                command,
                "--server",
                "wss://127.0.0.1:" + node.port(),
                "--tls-ca",
                authority.certificateFile().toString(),
                "--tls-cert",
                cert.toString(),
                "--tls-key",
                key.toString()));
        words.addAll(List.of(more));
        return Run.of(words.toArray(String[]::new));
    }

    @Tag("system")
    @ParameterizedTest
    @CsvSource({"netty, netty", "tyrus, tyrus", "netty, jdk"})
    void certificates_letDevicesListenAndRequestersConnect(String serverTransport, String transport) throws Exception {
        TestAuthority other = TestAuthority.create();
        TestAuthority.Issued ofOther = other.issue("CN=anything", "dns:pi-7.devices.example.com");
        Path trusted = copy(authority.certificateFile(), "trusted");
        Path cert = copy(device.certificateFile(), "cert");
        Path key = copy(device.keyFile(), "key");
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = node(
                        "--listen",
                        "127.0.0.1:0",
                        "--transport",
                        serverTransport,
                        "--tls-client-ca",
                        trusted.toString(),
                        "--tls-client-auth",
                        "require");
                Run listening = client(
                        "device",
                        node,
                        cert,
                        key,
                        "--id",
                        "pi-7",
                        "--transport",
                        transport,
                        "--reconnect-max",
                        "1s",
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run tunnel = client(
                        "tunnel",
                        node,
                        person.certificateFile(),
                        person.keyFile(),
                        "--transport",
                        transport,
                        "--forward",
                        "0=pi-7/echo")) {
            listening.ready();
            assertThat(echo(tunnel.port())).isEqualTo("hello");
            copy(other.certificateFile(), "trusted");
            node.hangUp();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(log.all())
                            .anyMatch(line -> line.startsWith("permissions have been revoked: 1 listening devices")));
            assertThat(log.all()).anyMatch(line -> line.startsWith("authorities of clients " + trusted));

            assertThat(listening.ended()).isFalse();
            copy(ofOther.certificateFile(), "cert");
            copy(ofOther.keyFile(), "key");
            listening.hangUp();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(log.all()).contains("Device pi-7 is listening again"));
            assertThat(echo(tunnel.port()))
                    .as("alice's certificate no longer counts")
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus", "jdk"})
    void noCertificate_cannotConnect_andIsToldWhatHelps(String transport) throws Exception {
        try (Run node = Run.of(
                "node",
                "--listen",
                "127.0.0.1:0",
                "--tls-cert",
                server.certificateFile().toString(),
                "--tls-key",
                server.keyFile().toString(),
                "--tls-client-ca",
                authority.certificateFile().toString(),
                "--insecure")) {
            Run nobody = Run.of(
                    "tunnel",
                    "--server",
                    "wss://127.0.0.1:" + node.port(),
                    "--tls-ca",
                    authority.certificateFile().toString(),
                    "--device",
                    "d",
                    "--target",
                    "t",
                    "--transport",
                    transport,
                    "--stdio");
            assertThat(nobody.code()).isEqualTo(1);
            if (transport.equals("netty")) { // the others may see only the end: the alert follows the handshake
                assertThat(nobody.err()).contains("--tls-cert");
            }
        }
    }

    @Test
    void otherDevicesId_isRefused_andTheReasonIsSaid() throws Exception {
        try (Run node = node(
                        "--listen",
                        "127.0.0.1:0",
                        "--tls-client-ca",
                        authority.certificateFile().toString());
                Run wrong = client(
                        "device",
                        node,
                        device.certificateFile(),
                        device.keyFile(),
                        "--id",
                        "pi-8",
                        "--target",
                        "t=127.0.0.1:1")) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(wrong.err()).contains("403"));
        }
    }

    @Tag("system")
    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void nodes_presentTheirCertificatesToEachOther(String transport) throws Exception {
        Path keys = folder.resolve("keys.json");
        assertThat(Run.of("keys", "create", keys.toString()).code()).isZero();
        int first;
        int second;
        try (ServerSocket one = ClusterTest.free();
                ServerSocket other = ClusterTest.free()) {
            first = one.getLocalPort();
            second = other.getLocalPort();
        }
        try (EchoPort echo = new EchoPort();
                Run nodeA = clustered(transport, first, first, second, keys);
                Run nodeB = clustered(transport, second, first, second, keys)) {
            nodeB.ready();
            try (Run listening = client(
                            "device",
                            nodeA,
                            device.certificateFile(),
                            device.keyFile(),
                            "--id",
                            "pi-7",
                            "--target",
                            "echo=127.0.0.1:" + echo.number());
                    Run tunnel = client(
                            "tunnel", nodeB, person.certificateFile(), person.keyFile(), "--forward", "0=pi-7/echo")) {
                listening.ready();
                int port = tunnel.port();
                Awaitility.await()
                        .atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> assertThat(echo(port)).isEqualTo("hello"));
            }
        }
    }

    private Run clustered(String transport, int port, int first, int second, Path keys) throws IOException {
        return node(
                "--listen",
                "127.0.0.1:" + port,
                "--transport",
                transport,
                "--tls-client-ca",
                authority.certificateFile().toString(),
                "--tls-ca",
                authority.certificateFile().toString(),
                "--public-url",
                "wss://127.0.0.1:" + first,
                "--peers",
                "wss://127.0.0.1:" + first + ",wss://127.0.0.1:" + second,
                "--keys",
                keys.toString());
    }

    private Path copy(Path from, String name) throws IOException {
        return Files.copy(from, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns what comes back; empty if the connection ends without an answer. */
    private static String echo(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException e) {
            return ""; // a reset
        }
    }
}
