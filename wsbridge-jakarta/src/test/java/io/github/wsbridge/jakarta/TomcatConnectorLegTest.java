package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.TransportLegContract;
import org.apache.tomcat.websocket.WsWebSocketContainer;
import org.junit.jupiter.api.Tag;

/** Legs of Tomcat's client, connected to Tomcat. */
@Tag("system")
class TomcatConnectorLegTest extends TransportLegContract {

    private final TomcatServer server = new TomcatServer();

    @Override
    protected int start() throws Exception {
        return server.start(door);
    }

    @Override
    protected void stop() throws Exception {
        server.stop();
    }

    @Override
    protected boolean sendsEmptyClose() {
        return false;
    }

    @Override
    protected Connector connector() {
        return new JakartaConnector(new WsWebSocketContainer(), null, 100);
    }
}
