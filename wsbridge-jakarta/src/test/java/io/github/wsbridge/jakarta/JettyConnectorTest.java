package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.SocketConnectorContract;
import org.eclipse.jetty.ee11.websocket.jakarta.client.JakartaWebSocketClientContainer;
import org.junit.jupiter.api.AfterEach;

/** The connector on Jetty's client. */
class JettyConnectorTest extends SocketConnectorContract {

    /** Starts as a whole, which Jetty's would do at its first connection, failing others that come meanwhile. */
    private static final class Started extends JakartaWebSocketClientContainer {
        @Override
        protected void doStart() throws Exception {
            super.doStart();
            getWebSocketCoreClient();
        }
    }

    private final Started jetty = new Started();

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
