package io.github.wsbridge.tyrus;

import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.DeploymentException;
import java.io.IOException;
import java.util.Map;
import org.glassfish.tyrus.spi.ClientContainer;
import org.glassfish.tyrus.spi.ClientEngine;

/** Brings Tyrus' clients to the connections of a {@link TyrusConnector}. Public since Tyrus makes it by its name. */
public final class GrizzlySockets implements ClientContainer {

    static final String OPENER = GrizzlySockets.class.getName();

    /** Opens a connection for a client's engine. */
    @FunctionalInterface
    interface Opener {
        /** Begins to; what fails later is told to the engine. */
        void open(ClientEngine engine) throws IOException;
    }

    /** For Tyrus. */
    public GrizzlySockets() {}

    @Override
    public void openClientSocket(ClientEndpointConfig config, Map<String, Object> properties, ClientEngine engine)
            throws DeploymentException, IOException {
        if (!(config.getUserProperties().get(OPENER) instanceof Opener opener)) {
            throw new DeploymentException("not of a bridge's connector");
        }
        opener.open(engine);
    }
}
