package io.github.wsbridge.signal.nats;

import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import io.nats.client.Connection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of signallers and their devices, over Debian's nats-server. */
@Tag("system")
final class NatsContractSystemTest extends SignallerContract {

    private static NatsServer server;
    private static Connection node;

    private NatsSignaller signaller;

    @BeforeAll
    static void startServer() throws Exception {
        server = new NatsServer();
        node = server.connect();
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
        signaller = NatsSignaller.create(node);
        return signaller;
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        Connection connection = server.connect();
        AutoCloseable source = startDevice(NatsInvitations.create(connection, deviceId), device);
        return () -> {
            source.close();
            connection.close();
        };
    }
}
