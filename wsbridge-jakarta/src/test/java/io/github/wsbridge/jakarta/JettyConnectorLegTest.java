package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.TransportLegContract;
import org.eclipse.jetty.ee11.websocket.jakarta.client.JakartaWebSocketClientContainer;
import org.junit.jupiter.api.Tag;

/** Legs of Jetty's client, connected to Jetty. */
@Tag("system")
class JettyConnectorLegTest extends TransportLegContract {

    private final JettyServer server = new JettyServer();
    private final JakartaWebSocketClientContainer jetty = new JakartaWebSocketClientContainer();

    @Override
    protected int start() throws Exception {
        jetty.start();
        return server.start(door);
    }

    @Override
    protected void stop() throws Exception {
        jetty.stop();
        server.stop();
    }

    @Override
    protected boolean sendsEmptyClose() {
        return false;
    }

    @Override
    protected Connector connector() {
        return new JakartaConnector(jetty, null, 100);
    }
}
