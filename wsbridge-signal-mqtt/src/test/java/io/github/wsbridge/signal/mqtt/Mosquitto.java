package io.github.wsbridge.signal.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Debian's mosquitto with TLS and the access rules of docs/recipes.md, on loopback ports that stay the same after a
 * restart: one for users with passwords, one for certificates.
 */
final class Mosquitto implements AutoCloseable {

    static final String PASSWORD = "right-password";

    private final Path folder;
    private final TestKeys keys;
    private final int passwordPort;
    private final int certificatePort;
    private Process process;

    /** Starts it with the users {@code node}, {@code device-1}, {@code device-2} and {@code everything}. */
    Mosquitto(Path folder) throws Exception {
        this.folder = folder;
        List<Integer> ports = Ports.free(2);
        passwordPort = ports.get(0);
        certificatePort = ports.get(1);
        keys = TestKeys.create(folder);
        keys.writePem();
        Path passwords = folder.resolve("passwords");
        Files.writeString(
                passwords,
                Stream.of("node", "device-1", "device-2", "everything")
                        .map(user -> user + ":" + PASSWORD + "\n")
                        .reduce("", String::concat));
        run(program("mosquitto_passwd"), "-U", passwords.toString());
        Files.writeString(folder.resolve("acl"), """
                user node
                topic write wsbridge/v1/devices/+/invitations
                topic read wsbridge/v1/nodes/+/answers

                user everything
                topic readwrite wsbridge/v1/#

                pattern read wsbridge/v1/devices/%u/invitations
                pattern write wsbridge/v1/nodes/+/answers
                """);
        Files.writeString(folder.resolve("mosquitto.conf"), """
                user root
                persistence false
                allow_anonymous false
                password_file %1$s/passwords
                acl_file %1$s/acl

                listener %2$d 127.0.0.1
                certfile %1$s/cert.pem
                keyfile %1$s/key.pem

                listener %3$d 127.0.0.1
                certfile %1$s/cert.pem
                keyfile %1$s/key.pem
                cafile %1$s/ca.pem
                require_certificate true
                use_identity_as_username true
                """.formatted(folder, passwordPort, certificatePort));
        start();
    }

    TestKeys keys() {
        return keys;
    }

    /** The address for users with passwords. */
    int passwordPort() {
        return passwordPort;
    }

    MqttBroker.Builder client(String user) throws Exception {
        return MqttBroker.builder(URI.create("mqtts://localhost:" + passwordPort))
                .trust(keys.trust())
                .user(user, PASSWORD);
    }

    /** The address for the user in the client certificate, {@code device-1}. */
    MqttBroker.Builder clientWithCertificate() throws Exception {
        return MqttBroker.builder(URI.create("mqtts://localhost:" + certificatePort))
                .trust(keys.trust())
                .key(keys.clientKey());
    }

    void start() throws Exception {
        process = start(
                program("mosquitto"), "-c", folder.resolve("mosquitto.conf").toString());
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            assertThat(process.isAlive()).as(this::complaints).isTrue();
            return answers(passwordPort) && answers(certificatePort);
        });
    }

    void stop() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(20, TimeUnit.SECONDS);
    }

    private String complaints() {
        try {
            return Files.readString(folder.resolve("mosquitto.out"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void run(String... command) throws Exception {
        Process once = start(command);
        assertThat(once.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(once.exitValue()).as(this::complaints).isZero();
    }

    private Process start(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("mosquitto.out").toFile()))
                .start();
    }

    private static String program(String name) {
        return Stream.of("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is missing: install Debian's package mosquitto, or run"
                        + " .ci/run, which installs all that the system tests need"))
                .toString();
    }
}
