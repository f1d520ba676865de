package io.github.wsbridge.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** {@code --signal nats}, with the permissions of the recipe. */
@Tag("system")
final class NatsFlagsSystemTest extends BrokerFlagsSystemTest {

    NatsFlagsSystemTest() {
        super("nats", "tls");
    }

    @Override
    void startBroker() throws Exception {
        Path config = Files.writeString(folder.resolve("nats.conf"), """
                listen: "127.0.0.1:%d"
                tls { cert_file: "%2$s", ca_file: "%2$s", key_file: "%3$s", verify: true }
                authorization {
                  users: [
                    { user: node, password: %4$s, permissions: {
                        publish: "wsbridge.v1.devices.*.invitations", subscribe: "_INBOX.>" } }
                    { user: d, password: %4$s, permissions: {
                        publish: "_INBOX.>", subscribe: "wsbridge.v1.devices.d.invitations" } }
                  ]
                }
                """.formatted(
                        broker.port, broker.cert, broker.key, BrokerProgram.PASSWORD));
        broker.start("nats-server", "-c", config.toString());
    }
}
