package io.github.wsbridge.testkit;

import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Tag;

@Tag("system")
class SocketLegTest extends LegContract {

    private final TestWebSocketServer server;

    SocketLegTest() throws IOException {
        server = new TestWebSocketServer();
    }

    @Override
    protected void stopTransport() throws IOException {
        server.close();
    }

    @Override
    protected LegPair connect(String subprotocol) throws Exception {
        Leg near = new SocketLeg(RawWebSocket.connect(server.uri(), Map.of(), subprotocol));
        return new LegPair(near, server.takeLeg(patience()));
    }

    @Override
    protected Leg connectToSilentPeer() throws Exception {
        return new SocketLeg(RawWebSocket.connect(server.uri(), Map.of(), ""));
    }
}
