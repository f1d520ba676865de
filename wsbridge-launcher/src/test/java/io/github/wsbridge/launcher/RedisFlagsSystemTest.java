package io.github.wsbridge.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** {@code --signal redis}, with the permissions of the recipe. */
@Tag("system")
final class RedisFlagsSystemTest extends BrokerFlagsSystemTest {

    RedisFlagsSystemTest() {
        super("redis", "rediss");
    }

    @Override
    void startBroker() throws Exception {
        Path config = Files.writeString(folder.resolve("redis.conf"), """
                bind 127.0.0.1
                port 0
                tls-port %d
                tls-cert-file %2$s
                tls-ca-cert-file %2$s
                tls-key-file %3$s
                save ""
                dir %4$s
                user default off
                user node on >%5$s resetchannels &wsbridge:v1:invitations:* -@all +publish +ping
                user d on >%5$s resetchannels &wsbridge:v1:invitations:d -@all +subscribe +unsubscribe +ping
                """.formatted(
                        broker.port, broker.cert, broker.key, folder, BrokerProgram.PASSWORD));
        broker.start("redis-server", config.toString());
    }
}
