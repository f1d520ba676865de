package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import jakarta.websocket.ClientEndpointConfig;
import java.util.List;
import java.util.Map;

/** What Jakarta's clients are told of a target. */
public final class Opening {

    private Opening() {}

    /** The configuration of a connection to {@code target}, which {@link ClientUpgrade} has checked. */
    public static ClientEndpointConfig.Builder configure(Connector.Target target) {
        return ClientEndpointConfig.Builder.create()
                .preferredSubprotocols(target.subprotocol().isEmpty() ? List.of() : List.of(target.subprotocol()))
                .configurator(new ClientEndpointConfig.Configurator() {
                    @Override
                    public void beforeRequest(Map<String, List<String>> headers) {
                        headers.remove("Origin"); // this is no browser
                        target.headers().forEach((name, value) -> headers.put(name, List.of(value)));
                    }
                });
    }
}
