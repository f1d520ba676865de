package io.github.wsbridge.signal.redis;

import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract of signallers and their devices, over Debian's redis-server. */
@Tag("system")
final class RedisContractSystemTest extends SignallerContract {

    @TempDir
    private static Path folder;

    private static RedisServer server;
    private static StatefulRedisConnection<String, String> node;

    private RedisSignaller signaller;

    @BeforeAll
    static void startServer() throws Exception {
        server = new RedisServer(folder);
        node = server.client().connect();
    }

    @AfterAll
    static void stopServer() throws Exception {
        if (node != null) {
            node.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Override
    protected Signaller newSignaller() {
        signaller = RedisSignaller.create(node.async());
        return signaller;
    }

    @Override
    protected boolean carriesRejections() {
        return false;
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        StatefulRedisPubSubConnection<String, String> connection =
                server.client().connectPubSub();
        AutoCloseable source = startDevice(RedisInvitations.create(connection, deviceId), device);
        return () -> {
            source.close();
            connection.close();
        };
    }
}
