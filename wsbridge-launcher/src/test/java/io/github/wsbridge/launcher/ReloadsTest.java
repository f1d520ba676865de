package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.transport.TestKeys;
import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.files.TlsManagers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that change while commands run. */
@Timeout(120)
@Tag("system")
class ReloadsTest {

    private static TestKeys first;
    private static TestKeys second;

    @TempDir
    Path folder;

    @BeforeAll
    static void create() throws Exception {
        first = TestKeys.create();
        second = TestKeys.create();
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void tls_renewedCertificate_isServedWithinFiveSeconds(String transport) throws Exception {
        Path cert = copy(first.certificate(), "cert");
        Path key = copy(first.key(), "key");
        try (LogCapture log = new LogCapture();
                Run node = Run.of(
                        "node",
                        "--insecure",
                        "--listen",
                        "127.0.0.1:0",
                        "--transport",
                        transport,
                        "--tls-cert",
                        cert.toString(),
                        "--tls-key",
                        key.toString())) {
            int port = node.port();
            X509Certificate old = served(port);
            copy(second.certificate(), "cert");
            copy(second.key(), "key");
            if (transport.equals("tyrus")) { // once is enough to wait
                node.hangUp();
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(served(port)).isNotEqualTo(old));
            assertThat(log.all())
                    .anyMatch(line -> line.startsWith("TLS certificate " + cert + ": changed and read again: CN="));
            assertThat(log.loud()).isEmpty();

            X509Certificate current = served(port);
            Files.writeString(cert, "broken");
            node.hangUp();
            assertThat(log.loud())
                    .singleElement()
                    .asString()
                    .contains("the old content stays in force: " + cert + " contains no PEM certificate");
            assertThat(served(port)).isEqualTo(current);
        }
    }

    @Test
    void mqttCert_renewed_isPresentedToTheBroker() throws Exception {
        Path cert = copy(second.certificate(), "cert");
        Path key = copy(second.key(), "key");
        Queue<Certificate> presented = new ConcurrentLinkedQueue<>();
        try (SSLServerSocket broker = broker();
                LogCapture log = new LogCapture()) {
            Thread accepting = new Thread(() -> record(broker, presented), "broker");
            accepting.start();
            try (Run node = Run.of(
                    "node",
                    "--insecure",
                    "--listen",
                    "127.0.0.1:0",
                    "--signal",
                    "mqtt",
                    "--mqtt-server",
                    "mqtts://localhost:" + broker.getLocalPort(),
                    "--mqtt-ca",
                    first.certificate().toString(),
                    "--mqtt-cert",
                    cert.toString(),
                    "--mqtt-key",
                    key.toString())) {
                node.port();
                Awaitility.await().until(() -> presented.contains(certificate(second)));
                copy(first.certificate(), "cert");
                copy(first.key(), "key");
                node.hangUp();
                Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> presented.contains(certificate(first)));
                assertThat(log.all())
                        .anyMatch(
                                line -> line.startsWith("MQTT certificate " + cert + ": changed and read again: CN="));
            }
        }
    }

    /** A server that asks for a certificate and takes any, but does not speak MQTT. */
    private static SSLServerSocket broker() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        TlsIdentity own = TlsIdentity.read(first.certificate(), first.key(), null);
        context.init(TlsManagers.keys(own).getKeyManagers(), new TrustManager[] {new Anyone()}, null);
        SSLServerSocket socket = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        socket.setNeedClientAuth(true);
        return socket;
    }

    private static Certificate certificate(TestKeys keys) {
        try {
            return Pem.certificates(keys.certificate()).get(0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void record(SSLServerSocket broker, Queue<Certificate> presented) {
        while (!broker.isClosed()) {
            try (SSLSocket socket = (SSLSocket) broker.accept()) {
                presented.add(socket.getSession().getPeerCertificates()[0]);
            } catch (IOException e) {
                // closed, or a failed handshake
            }
        }
    }

    @Test
    void tls_keyOfAnotherCertificate_isRefusedAtTheStart() throws Exception {
        for (String transport : List.of("netty", "tyrus")) {
            Run node = Run.of(
                    "node",
                    "--insecure",
                    "--listen",
                    "127.0.0.1:0",
                    "--transport",
                    transport,
                    "--tls-cert",
                    first.certificate().toString(),
                    "--tls-key",
                    second.key().toString());
            assertThat(node.code()).isEqualTo(1);
            assertThat(node.out()).isEmpty();
            assertThat(node.err()).contains("the key in " + second.key() + " does not belong to the first certificate");
        }
    }

    @Test
    void tls_certificateAndKeyInOneFile_areEnough() throws Exception {
        Path both = Files.writeString(
                folder.resolve("both"), Files.readString(first.key()) + Files.readString(first.certificate()));
        try (Run node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0", "--tls-cert", both.toString())) {
            assertThat(served(node.port()).getSubjectX500Principal().getName()).isEqualTo("CN=localhost");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus", "jdk"})
    void tlsCa_changed_isTrustedByTheTunnel(String transport) throws Exception {
        Path authorities = copy(second.certificate(), "authorities");
        try (EchoPort echo = new EchoPort();
                Run node = Run.of(
                        "node",
                        "--insecure",
                        "--listen",
                        "127.0.0.1:0",
                        "--public-url",
                        "wss://localhost:1", // not used: nobody listens
                        "--tls-cert",
                        first.certificate().toString(),
                        "--tls-key",
                        first.key().toString());
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        "wss://localhost:" + node.port(),
                        "--transport",
                        transport,
                        "--tls-ca",
                        authorities.toString(),
                        "--forward",
                        "0=d/t");
                LogCapture log = new LogCapture()) {
            int port = tunnel.port();
            connect(port);
            assertThat(log.all()).noneMatch(line -> line.contains("4404"));
            copy(first.certificate(), "authorities");
            tunnel.hangUp();
            connect(port);
            await(() -> assertThat(log.all()).anyMatch(line -> line.contains("No bridge") && line.contains("4404")));
        }
    }

    @Test
    void apiKeys_revoked_endListeners_andWithRevokeLiveBridges() throws Exception {
        List<String> keys = new ArrayList<>();
        Path file = folder.resolve("api-keys");
        for (String line : List.of("d device", "req requester", "other requester")) {
            keys.add(ApiKeyPolicy.newKey());
            String text = line + " " + ApiKeyPolicy.hash(keys.get(keys.size() - 1)) + "\n";
            Files.writeString(file, Files.exists(file) ? Files.readString(file) + text : text);
        }
        List<String> lines = Files.readAllLines(file);
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = Run.of(
                        "node", "--listen", "127.0.0.1:0", "--api-keys", file.toString(), "--revoke", "live", "-v");
                Run device = Run.with(
                        Map.of("WSBRIDGE_API_KEY", keys.get(0)),
                        "device",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run revoked = tunnel(node, keys.get(1));
                Run kept = tunnel(node, keys.get(2))) {
            device.ready();
            try (Socket one = open(revoked.port());
                    Socket two = open(kept.port())) {
                echoes(one);
                echoes(two);
                Files.write(file, List.of(lines.get(0), lines.get(2)));
                ended(one);
                echoes(two);
                assertThat(log.all()).contains("permissions have been revoked: 0 listening devices and 1 bridges end");
                assertThat(log.all()).contains("API keys " + file + ": changed and read again: 2 keys");

                Files.write(file, List.of(lines.get(2)));
                node.hangUp();
                ended(two);
                await(() -> assertThat(log.all())
                        .anyMatch(line -> line.startsWith("Device d has lost its listen socket: 1008"))
                        .anyMatch(line -> line.startsWith("The server refuses to let device d listen")));
            }
        }
    }

    @Test
    void apiKeyOfATunnel_changed_isPresentedFromNowOn_andNotLogged() throws Exception {
        String deviceKey = ApiKeyPolicy.newKey();
        String key = ApiKeyPolicy.newKey();
        Path keys = Files.writeString(
                folder.resolve("api-keys"),
                "d device " + ApiKeyPolicy.hash(deviceKey) + "\nreq requester " + ApiKeyPolicy.hash(key) + "\n");
        Path file = Files.writeString(folder.resolve("key"), "an-old-key\n");
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = Run.of("node", "--listen", "127.0.0.1:0", "--api-keys", keys.toString());
                Run device = Run.with(
                        Map.of("WSBRIDGE_API_KEY", deviceKey),
                        "device",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--device",
                        "d",
                        "--target",
                        "echo",
                        "--listen",
                        "127.0.0.1:0",
                        "--api-key-file",
                        file.toString())) {
            device.ready();
            connect(tunnel.port());
            await(() -> assertThat(log.all()).anyMatch(line -> line.contains("401")));
            Files.writeString(file, key + "\n");
            tunnel.hangUp();
            try (Socket socket = open(tunnel.port())) {
                echoes(socket);
            }
            assertThat(log.all()).contains("API key " + file + ": changed and read again: one key");
            assertThat(log.all()).noneMatch(line -> line.contains(key) || line.contains("an-old-key"));
        }
    }

    @Test
    void apiKeys_broken_staysInForce_andWithoutRevokeLiveBridgesStay() throws Exception {
        String key = ApiKeyPolicy.newKey();
        Path file = folder.resolve("api-keys");
        String requester = "req requester " + ApiKeyPolicy.hash(key) + "\n";
        String deviceKey = ApiKeyPolicy.newKey();
        Files.writeString(file, requester + "d device " + ApiKeyPolicy.hash(deviceKey) + "\n");
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = Run.of("node", "--listen", "127.0.0.1:0", "--api-keys", file.toString());
                Run device = Run.with(
                        Map.of("WSBRIDGE_API_KEY", deviceKey),
                        "device",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run tunnel = tunnel(node, key)) {
            device.ready();
            try (Socket socket = open(tunnel.port())) {
                echoes(socket);
                Files.writeString(file, requester + "dev admin " + ApiKeyPolicy.hash(deviceKey));
                node.hangUp();
                assertThat(log.loud()).singleElement().asString().contains("stays in force: line 2: the role must be");
                Files.writeString(file, requester);
                node.hangUp();
                assertThat(log.all()).contains("permissions have been revoked: 1 listening devices and 0 bridges end");
                echoes(socket);
            }
        }
    }

    private static Run tunnel(Run node, String key) {
        return Run.with(
                Map.of("WSBRIDGE_API_KEY", key),
                "tunnel",
                "--server",
                "ws://127.0.0.1:" + node.port(),
                "--forward",
                "0=d/echo");
    }

    private Path copy(Path from, String name) throws IOException {
        return Files.copy(from, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private static Socket open(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void echoes(Socket socket) throws IOException {
        socket.getOutputStream().write(7);
        assertThat(socket.getInputStream().read()).isEqualTo(7);
    }

    private static void connect(int port) throws IOException {
        try (Socket socket = open(port)) {
            ended(socket);
        }
    }

    /** Waits until the connection has been reset. */
    private static void ended(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
    }

    private static void await(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Run.PATIENCE).untilAsserted(assertion);
    }

    /** The certificate that a server presents in a new session, whatever it is. */
    private static X509Certificate served(int port) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anyone()}, null);
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        } catch (SSLException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Anyone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
