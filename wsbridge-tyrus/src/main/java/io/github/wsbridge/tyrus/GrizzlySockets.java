package io.github.wsbridge.tyrus;

import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.DeploymentException;
import java.io.IOException;
import java.util.Map;
import org.glassfish.tyrus.spi.ClientContainer;
import org.glassfish.tyrus.spi.ClientEngine;

/** Gives Tyrus' client the connections of a {@link TyrusConnector}. Public because Tyrus creates it by name. */
public final class GrizzlySockets implements ClientContainer {

    static final String OPENER = GrizzlySockets.class.getName();

    /** Opens a connection for a client's engine. */
    @FunctionalInterface
    interface Opener {
        /** Starts to connect; later failures are reported to the engine. */
        void open(ClientEngine engine) throws IOException;
    }

    /** Called by Tyrus. */
    public GrizzlySockets() {}

    @Override
    public void openClientSocket(ClientEndpointConfig config, Map<String, Object> properties, ClientEngine engine)
            throws DeploymentException, IOException {
        if (!(config.getUserProperties().get(OPENER) instanceof Opener opener)) {
            throw new DeploymentException("not opened by TyrusConnector");
        }
        opener.open(engine);
    }
}
