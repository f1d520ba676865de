package io.github.wsbridge.jakarta;

import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpointConfig;

/** The application's own endpoint, which reports the class of its configurator. */
public final class WarEndpoint extends Endpoint {

    @Override
    public void onOpen(Session session, EndpointConfig config) {
        session.getAsyncRemote()
                .sendText(((ServerEndpointConfig) config)
                        .getConfigurator()
                        .getContainerDefaultConfigurator()
                        .getClass()
                        .getName());
    }
}
