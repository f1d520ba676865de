package io.github.wsbridge.signal.redis;

import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a device's end, of which all share one connection, over Debian's redis-server. */
@Tag("system")
final class RedisInvitationsContractSystemTest extends InvitationSourceContract {

    @TempDir
    private static Path folder;

    private static RedisServer server;
    private static StatefulRedisConnection<String, String> node;
    private static StatefulRedisPubSubConnection<String, String> devices;

    @BeforeAll
    static void startServer() throws Exception {
        server = new RedisServer(folder);
        node = server.client().connect();
        devices = server.client().connectPubSub();
    }

    @AfterAll
    static void stopServer() {
        if (devices != null) {
            devices.close();
        }
        if (node != null) {
            node.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Override
    protected Signaller newSignaller() {
        return RedisSignaller.create(node.async());
    }

    @Override
    protected InvitationSource newSource(String deviceId) {
        return RedisInvitations.create(devices, deviceId);
    }
}
