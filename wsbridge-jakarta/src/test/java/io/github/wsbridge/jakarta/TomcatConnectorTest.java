package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.SocketConnectorContract;
import io.github.wsbridge.testkit.TestWebSocketServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.tomcat.websocket.WsWebSocketContainer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The connector on Tomcat's client. */
class TomcatConnectorTest extends SocketConnectorContract {

    private static final int SECONDS = 20;

    @Override
    protected boolean tellsWords() {
        return false;
    }

    @Override
    protected Connector newConnector() {
        return new JakartaConnector(new WsWebSocketContainer(), null, 100);
    }

    @Override
    protected boolean tells(int status) {
        return status != 302 && status != 401; // Tomcat follows redirects and answers challenges
    }

    @Override
    protected boolean canSend(int code) {
        return code != CloseReason.NO_STATUS;
    }

    @Override
    protected boolean hearsAnswers() {
        return false;
    }

    @Override
    protected int codeOfProtocolErrors() {
        return CloseReason.PROTOCOL_ERROR; // Tomcat reports its own close as the peer's
    }

    @Override
    protected int longestQuery() {
        return 3_500;
    }

    @Test
    void moreThanMaxConnections_fail_untilOneEnds() throws Exception {
        try (TestWebSocketServer server = new TestWebSocketServer();
                JakartaConnector small = new JakartaConnector(new WsWebSocketContainer(), null, 1)) {
            Connector.Target target = new Connector.Target(server.uri(), Map.of(), "", Duration.ofSeconds(SECONDS));
            RecordingReceiver first = new RecordingReceiver(
                            small.connect(target).toCompletableFuture().get(SECONDS, TimeUnit.SECONDS))
                    .open();
            CompletableFuture<Leg> second = small.connect(target).toCompletableFuture();
            assertThatThrownBy(() -> second.get(SECONDS, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
            first.leg().abort();
            first.awaitClosed(Duration.ofSeconds(SECONDS));
            Leg third = Awaitility.await("room, once the session is dropped")
                    .ignoreExceptions()
                    .until(
                            () -> small.connect(target).toCompletableFuture().get(SECONDS, TimeUnit.SECONDS),
                            Objects::nonNull);
            third.abort();
        }
    }
}
