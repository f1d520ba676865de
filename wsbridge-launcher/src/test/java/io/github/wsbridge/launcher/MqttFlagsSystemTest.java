package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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

    private static final String PASSWORD = BrokerProgram.PASSWORD;

    @TempDir
    private Path folder;

    private BrokerProgram mosquitto;
    private String broker;

    @BeforeEach
    void startBroker() throws Exception {
        mosquitto = new BrokerProgram(folder);
        Path passwords = Files.writeString(folder.resolve("passwords"), "node:" + PASSWORD + "\nd:" + PASSWORD + "\n");
        mosquitto.run(BrokerProgram.program("mosquitto_passwd"), "-U", passwords.toString());
        broker = "mqtts://127.0.0.1:" + mosquitto.port;
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
                """.formatted(
                        passwords, mosquitto.port, mosquitto.cert, mosquitto.key));
        mosquitto.start("mosquitto", "-c", config.toString());
    }

    @AfterEach
    void stopBroker() throws Exception {
        mosquitto.close();
    }

    private String[] mqtt(String user, String... command) {
        return mosquitto.with("mqtt", "mqtts", user, command);
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
            try (Run device = Run.of(BrokerProgram.plus(hears, "--mqtt-password-file", password.toString()));
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
                        .untilAsserted(
                                () -> assertThat(BrokerProgram.echoed(port)).isEqualTo("hello"));
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
}
