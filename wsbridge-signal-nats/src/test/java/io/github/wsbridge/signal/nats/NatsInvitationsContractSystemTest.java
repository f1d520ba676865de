package io.github.wsbridge.signal.nats;

import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import io.nats.client.Connection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of a device's end, of which all share one connection, over Debian's nats-server. */
@Tag("system")
final class NatsInvitationsContractSystemTest extends InvitationSourceContract {

    private static NatsServer server;
    private static Connection node;
    private static Connection devices;

    @BeforeAll
    static void startServer() throws Exception {
        server = new NatsServer();
        node = server.connect();
        devices = server.connect();
    }

    @AfterAll
    static void stopServer() throws Exception {
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
        return NatsSignaller.create(node);
    }

    @Override
    protected InvitationSource newSource(String deviceId) {
        return NatsInvitations.create(devices, deviceId);
    }
}
