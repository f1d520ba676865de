package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Flags, files and environment of a {@code --signal}, against a broker of Debian's with all its checks enabled. */
@Timeout(180)
abstract class BrokerFlagsSystemTest {

    private static final String PASSWORD = BrokerProgram.PASSWORD;

    @TempDir
    Path folder;

    private final String kind;
    private final String scheme;
    BrokerProgram broker;

    /**
     * Tests a kind of broker.
     *
     * @param scheme that of its URL with TLS
     */
    BrokerFlagsSystemTest(String kind, String scheme) {
        this.kind = kind;
        this.scheme = scheme;
    }

    /** Starts the broker, with TLS on both sides and the users {@code node} and {@code d}. */
    abstract void startBroker() throws Exception;

    @BeforeEach
    void makeKeys() throws Exception {
        broker = new BrokerProgram(folder);
    }

    @AfterEach
    void stopBroker() throws Exception {
        broker.close();
    }

    private String passwordVariable() {
        return "WSBRIDGE_" + kind.toUpperCase(Locale.ROOT) + "_PASSWORD";
    }

    private String place() {
        return scheme + "://127.0.0.1:" + broker.port;
    }

    private String[] device(String... more) {
        return broker.with(kind, scheme, "d", BrokerProgram.plus(new String[] {"device", "--id", "d"}, more));
    }

    @Test
    void nodeAndDevice_withUsersPasswordsAndCertificates_communicate_alsoIfTheBrokerComesLateOrRestarts()
            throws Exception {
        Path password = Files.writeString(folder.resolve("device.password"), PASSWORD + "\n");
        String[] node = broker.with(kind, scheme, "node", "node", "--insecure", "--listen", "127.0.0.1:0");
        try (EchoPort echo = new EchoPort();
                Run server =
                        Run.with(Map.of(passwordVariable(), PASSWORD, "WSBRIDGE_MANAGEMENT_LISTEN", "off"), node)) {
            String url = "ws://127.0.0.1:" + server.port();
            String[] hears = device("--server", url, "--target", "echo=127.0.0.1:" + echo.number());
            try (Run device = Run.of(BrokerProgram.plus(hears, "--" + kind + "-password-file", password.toString()));
                    Run tunnel = Run.of(
                            "tunnel",
                            "--server",
                            url,
                            "--device",
                            "d",
                            "--target",
                            "echo",
                            "--session",
                            "off",
                            "--listen",
                            "127.0.0.1:0")) {
                int port = tunnel.port();
                assertThat(BrokerProgram.echoed(port)).as("without a broker").isEmpty();
                startBroker();
                assertThat(device.ready()).contains("listens at " + place() + ",");
                // The node may reach the broker later than the device does.
                await().atMost(Run.PATIENCE)
                        .untilAsserted(
                                () -> assertThat(BrokerProgram.echoed(port)).isEqualTo("hello"));
                broker.kill();
                startBroker();
                await().atMost(Run.PATIENCE)
                        .untilAsserted(
                                () -> assertThat(BrokerProgram.echoed(port)).isEqualTo("hello"));
                assertThat(server.out() + server.err() + device.out() + device.err())
                        .doesNotContain(PASSWORD);
            }
        }
    }

    @Test
    void device_wrongPassword_namesTheChannelThatFailed() throws Exception {
        startBroker();
        String[] hears = device("--server", "ws://127.0.0.1:1", "--target", "t=127.0.0.1:1");
        try (Run device = Run.with(Map.of(passwordVariable(), "wrong-password"), hears)) {
            await().atMost(Run.PATIENCE)
                    .until(() -> device.err().contains("the device is not listening at " + place() + " yet"));
            assertThat(device.out()).isEmpty();
            assertThat(device.err()).doesNotContain("wrong-password");
        }
    }

    @Test
    void device_brokerWithAnotherName_isNotTrusted() throws Exception {
        startBroker();
        String elsewhere = scheme + "://localhost:" + broker.port; // the certificate has the address only
        String[] hears = device("--server", "ws://127.0.0.1:1", "--target", "t=127.0.0.1:1");
        for (int i = 0; i < hears.length; i++) {
            hears[i] = hears[i].equals(place()) ? elsewhere : hears[i];
        }
        try (Run device = Run.with(Map.of(passwordVariable(), PASSWORD), hears)) {
            await().atMost(Run.PATIENCE)
                    .until(() -> device.err().contains("the device is not listening at " + elsewhere + " yet"));
            assertThat(device.out()).isEmpty();
        }
    }
}
