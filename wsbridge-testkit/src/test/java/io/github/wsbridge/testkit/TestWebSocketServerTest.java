package io.github.wsbridge.testkit;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs the suite on the server and its client end. */
class TestWebSocketServerTest extends SocketConnectorContract {

    @Override
    protected boolean tellsWords() {
        return false;
    }

    @Override
    protected Connector newConnector() {
        return new ThreadPerConnect();
    }

    private static final class ThreadPerConnect implements Connector {

        private final List<Leg> legs = new CopyOnWriteArrayList<>();

        @Override
        public CompletionStage<Leg> connect(Target target) {
            CompletableFuture<Leg> leg = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                try {
                    Leg open =
                            new SocketLeg(RawWebSocket.connect(target.uri(), target.headers(), target.subprotocol()));
                    legs.add(open);
                    leg.complete(open);
                } catch (RawWebSocket.RefusedException e) {
                    leg.completeExceptionally(new HandshakeException(e.status()));
                } catch (IOException e) {
                    leg.completeExceptionally(e);
                }
            });
            thread.setDaemon(true);
            thread.start();
            return leg.orTimeout(target.timeout().toMillis(), TimeUnit.MILLISECONDS)
                    .exceptionallyCompose(e -> CompletableFuture.failedFuture(
                            e instanceof TimeoutException ? new IOException("no answer in time", e) : e));
        }

        @Override
        public void close() {
            legs.forEach(Leg::abort);
        }
    }
}
