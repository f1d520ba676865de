package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.SocketConnectorContract;
import org.eclipse.jetty.ee11.websocket.jakarta.client.JakartaWebSocketClientContainer;
import org.junit.jupiter.api.AfterEach;

/** The connector on Jetty's client. */
class JettyConnectorTest extends SocketConnectorContract {

    private final JakartaWebSocketClientContainer jetty = new JakartaWebSocketClientContainer();

    @Override
    protected Connector newConnector() throws Exception {
        jetty.start();
        return new JakartaConnector(jetty, null, 100);
    }

    @AfterEach
    void stop() throws Exception {
        jetty.stop();
    }
}
