package io.github.wsbridge.core.cluster;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Forwards an accept by opening the same URL on the owner, with a credential that marks it as forwarded. */
public final class DialingRouter implements NodeRouter {

    private final Connector connector;
    private final NodeCredentials credentials;
    private final Duration timeout;

    public DialingRouter(Connector connector, NodeCredentials credentials, Duration timeout) {
        this.connector = connector;
        this.credentials = credentials;
        this.timeout = timeout;
    }

    @Override
    public CompletionStage<Leg> dial(NodeAddress owner, Forward forward) {
        BridgeToken token = forward.token();
        URI url = Endpoints.accept(owner.uri(), token, "");
        if (forward.rejection() != null) {
            url = Endpoints.reject(url, forward.rejection());
        }
        Map<String, String> headers = Map.of(Endpoints.NODE_HEADER, credentials.issue(owner, token.value()));
        return connector.connect(new Connector.Target(url, headers, forward.subprotocol(), timeout));
    }
}
