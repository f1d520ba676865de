package io.github.wsbridge.testkit;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Query;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/** Shows that the suite can be passed, with owners that are plain WebSocket servers. */
class RawRouterTest extends NodeRouterContract {

    private static final String MARK = "X-Forwarded-Accept";

    private final TestWebSocketServer silent;
    private final Socket nobody = new Socket();

    RawRouterTest() throws IOException {
        silent = new TestWebSocketServer();
    }

    @AfterEach
    void stopSilent() throws IOException {
        silent.close();
        nobody.close();
    }

    @Override
    protected NodeRouter newRouter() {
        return (owner, forward) -> {
            URI accept = Endpoints.accept(owner.uri(), forward.token(), "");
            Rejection rejection = forward.rejection();
            URI url = rejection == null ? accept : Endpoints.reject(accept, rejection);
            CompletableFuture<Leg> leg = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                try {
                    leg.complete(new SocketLeg(RawWebSocket.connect(url, Map.of(MARK, "1"), forward.subprotocol())));
                } catch (IOException e) {
                    leg.completeExceptionally(e);
                }
            });
            thread.setDaemon(true);
            thread.start();
            return leg.orTimeout(deadline().toMillis(), TimeUnit.MILLISECONDS);
        };
    }

    @Override
    protected Owner startOwner() throws IOException {
        TestWebSocketServer server = new TestWebSocketServer();
        return new Owner() {
            @Override
            public NodeAddress address() {
                return new NodeAddress(server.uri());
            }

            @Override
            public Dialled takeDialled(Duration patience) throws InterruptedException {
                SeenHandshake seen = server.takeHandshake(patience);
                Query query = Query.parse(seen.rawQuery());
                String code = query.get(Endpoints.REJECT_CODE);
                Leg leg = server.takeLeg(patience);
                return new Dialled(
                        new BridgeToken(String.valueOf(query.get(Endpoints.BRIDGE_TOKEN))),
                        leg.subprotocol(),
                        seen.headers().only(MARK).isEmpty() ? Hop.DIRECT : Hop.FORWARDED,
                        code == null
                                ? null
                                : new Rejection(
                                        Integer.parseInt(code), String.valueOf(query.get(Endpoints.REJECT_REASON))),
                        leg);
            }

            @Override
            public void close() throws IOException {
                server.close();
            }
        };
    }

    @Override
    protected NodeAddress unreachable() throws IOException {
        nobody.bind(new InetSocketAddress("127.0.0.1", 0)); // but does not listen
        return NodeAddress.parse("ws://127.0.0.1:" + nobody.getLocalPort());
    }

    @Override
    protected NodeAddress silent() {
        silent.ignore();
        return new NodeAddress(silent.uri());
    }
}
