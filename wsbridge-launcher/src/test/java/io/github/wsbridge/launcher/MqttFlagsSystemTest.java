package io.github.wsbridge.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Flags, files and environment of {@code --signal mqtt}, against Debian's mosquitto with all its checks enabled.
 */
@Tag("system")
@Timeout(120)
final class MqttFlagsSystemTest {

    private static final String PASSWORD = "right-password";

    @TempDir
    private Path folder;

    private final List<Process> started = new ArrayList<>();
    private Path cert;
    private Path key;
    private String broker;

    @BeforeEach
    void startBroker() throws Exception {
        makeKeys();
        Path passwords = Files.writeString(folder.resolve("passwords"), "node:" + PASSWORD + "\nd:" + PASSWORD + "\n");
        run(program("mosquitto_passwd"), "-U", passwords.toString());
        int port = freePort();
        broker = "mqtts://127.0.0.1:" + port;
        Path config = Files.writeString(folder.resolve("mosquitto.conf"), """
                user root
                persistence false
                allow_anonymous false
                password_file %s
                listener %d 127.0.0.1
                certfile %3$s
                cafile %3$s
                keyfile %4$s
                require_certificate true
                """.formatted(passwords, port, cert, key));
        Process mosquitto = start(program("mosquitto"), "-c", config.toString());
        await().atMost(Run.PATIENCE).until(() -> {
            assertThat(mosquitto.isAlive()).as(this::printed).isTrue();
            return answers(port);
        });
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void nodeAndDevice_withUsersPasswordsAndCertificates_communicate() throws Exception {
        Path password = Files.writeString(folder.resolve("device.password"), PASSWORD + "\n");
        String[] node = mqtt("node", "node", "--insecure", "--listen", "127.0.0.1:0");
        try (EchoPort echo = new EchoPort();
                Run server = Run.with(Map.of(MqttOptions.PASSWORD, PASSWORD), node)) {
            String url = "ws://127.0.0.1:" + server.port();
            String target = "echo=127.0.0.1:" + echo.number();
            String[] hears = mqtt("d", "device", "--server", url, "--id", "d", "--target", target);
            try (Run device = Run.of(plus(hears, "--mqtt-password-file", password.toString()));
                    Run tunnel = Run.of(
                            "tunnel",
                            "--server",
                            url,
                            "--device",
                            "d",
                            "--target",
                            "echo",
                            "--listen",
                            "127.0.0.1:0")) {
                assertThat(device.ready()).contains("listens at " + broker + ",");
                int port = tunnel.port();
                // The node may reach the broker later than the device does.
                await().atMost(Run.PATIENCE)
                        .untilAsserted(() -> assertThat(echoed(port)).isEqualTo("hello"));
                assertThat(server.out() + server.err() + device.out() + device.err())
                        .doesNotContain(PASSWORD);
            }
        }
    }

    @Test
    void device_wrongPassword_namesTheChannelThatFailed() throws Exception {
        String[] hears = mqtt("d", "device", "--server", "ws://127.0.0.1:1", "--id", "d", "--target", "t=127.0.0.1:1");
        try (Run device = Run.with(Map.of(MqttOptions.PASSWORD, "wrong-password"), hears)) {
            await().atMost(Run.PATIENCE)
                    .until(() -> device.err().contains("the device is not listening at " + broker + " yet"));
            assertThat(device.out()).isEmpty();
            assertThat(device.err()).doesNotContain("wrong-password");
        }
    }

    private static String echoed(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) Run.PATIENCE.toMillis());
            socket.getOutputStream().write("hello".getBytes(UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        } catch (SocketException e) {
            return "";
        }
    }

    private String[] mqtt(String user, String... command) {
        return plus(
                command,
                "--signal",
                "mqtt",
                "--mqtt-server",
                broker,
                "--mqtt-user",
                user,
                "--mqtt-ca",
                cert.toString(),
                "--mqtt-cert",
                cert.toString(),
                "--mqtt-key",
                key.toString());
    }

    private static String[] plus(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    /** Creates one self-signed key pair for all. */
    private void makeKeys() throws Exception {
        Path store = folder.resolve("store.p12");
        run(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "all",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=all",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString());
        KeyStore pair = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        cert = pem("CERTIFICATE", pair.getCertificate("all").getEncoded());
        key = pem("PRIVATE KEY", pair.getKey("all", PASSWORD.toCharArray()).getEncoded());
    }

    private Path pem(String kind, byte[] content) throws IOException {
        String body = Base64.getMimeEncoder().encodeToString(content);
        return Files.writeString(
                folder.resolve(kind.replace(' ', '-')),
                "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }

    private void run(String... command) throws Exception {
        Process once = start(command);
        assertThat(once.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(once.exitValue()).as(this::printed).isZero();
    }

    private Process start(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("printed").toFile()))
                .start();
        started.add(process);
        return process;
    }

    private String printed() {
        try {
            return Files.readString(folder.resolve("printed"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns a port below the ephemeral range, so that nothing else takes it before the broker does. */
    private static int freePort() throws IOException {
        for (int tries = 0; ; tries++) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                if (tries > 1000) {
                    throw e;
                }
            }
        }
    }

    private static String program(String name) {
        return Stream.of("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is missing: .ci/run installs it"))
                .toString();
    }
}
