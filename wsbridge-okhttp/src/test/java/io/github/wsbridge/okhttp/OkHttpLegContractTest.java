package io.github.wsbridge.okhttp;

import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import io.github.wsbridge.testkit.TestWebSocketServer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;

class OkHttpLegContractTest extends LegContract {

    private final OkHttpConnector connector = OkHttpConnector.create();
    private TestWebSocketServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestWebSocketServer();
    }

    @Override
    protected void stopTransport() throws Exception {
        connector.close();
        server.close();
    }

    private Leg dial(String subprotocol) throws Exception {
        Target target = new Target(server.uri(), Map.of(), subprotocol, patience());
        return connector.connect(target).toCompletableFuture().get(patience().toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    protected LegPair connect(String subprotocol) throws Exception {
        Leg near = dial(subprotocol);
        return new LegPair(near, server.takeLeg(patience()));
    }

    @Override
    protected Leg connectToSilentPeer() throws Exception {
        Leg near = dial("");
        server.takeWebSocket(patience());
        return near;
    }
}
