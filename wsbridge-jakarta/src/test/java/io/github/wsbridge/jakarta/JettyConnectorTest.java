package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.SocketConnectorContract;
import org.eclipse.jetty.ee11.websocket.jakarta.client.JakartaWebSocketClientContainer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** The connector on Jetty's client. */
@Tag("system")
class JettyConnectorTest extends SocketConnectorContract {

    /** Starts the client, which would otherwise start at its first connection and fail concurrent ones. */
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

    @Override
    protected boolean tellsWords() {
        return false;
    }

    @Override
    protected boolean canSend(int code) {
        return code == CloseReason.NORMAL || code >= 3000; // with others, Jetty ends the session at once
    }

    @Override
    protected boolean dropsWrongAnswers() {
        return false; // Jetty keeps the connection in its HTTP pool for a while
    }

    @AfterEach
    void stop() throws Exception {
        jetty.stop();
    }
}
