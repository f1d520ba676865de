package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.Endpoint;
import jakarta.websocket.Session;
import jakarta.websocket.WebSocketContainer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JakartaConnectorTest {

    private static final int SECONDS = 20;
    private static final Connector.Target TARGET =
            new Connector.Target(URI.create("ws://127.0.0.1:1/"), Map.of(), "", Duration.ofMinutes(10));

    private final WebSocketContainer container = mock();

    @Test
    void close_whileTheClientBlocks_failsTheConnect() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        when(container.connectToServer(any(Endpoint.class), any(), any())).thenAnswer(call -> {
            begun.countDown();
            while (go.getCount() > 0) {
                try {
                    go.await();
                } catch (InterruptedException e) {
                    // some clients ignore it, too
                }
            }
            throw new IOException("no answer");
        });
        JakartaConnector connector = new JakartaConnector(container, null, 1);
        CompletableFuture<Leg> leg = connector.connect(TARGET).toCompletableFuture();
        assertThat(begun.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        connector.close();
        try {
            assertThat(leg)
                    .failsWithin(SECONDS, TimeUnit.SECONDS)
                    .withThrowableThat()
                    .withCauseInstanceOf(IOException.class);
        } finally {
            go.countDown();
        }
    }

    @Test
    void connect_clientFailsAfterItHasOpenedTheSession_dropsTheSession() throws Exception {
        Session session = mock();
        when(session.getUserProperties()).thenReturn(new ConcurrentHashMap<>());
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        when(container.connectToServer(any(Endpoint.class), any(), any())).thenAnswer(call -> {
            begun.countDown();
            ClientEndpointConfig config = call.getArgument(1);
            go.await();
            call.getArgument(0, Endpoint.class).onOpen(session, config);
            throw new IOException("failed after all");
        });
        try (JakartaConnector connector = new JakartaConnector(container, null, 1)) {
            CompletableFuture<Leg> leg = connector.connect(TARGET).toCompletableFuture();
            assertThat(begun.await(SECONDS, TimeUnit.SECONDS)).isTrue();
            leg.cancel(true);
            go.countDown();
            Awaitility.await().untilAsserted(() -> verify(session).close(any()));
            Awaitility.await("room again").until(() -> {
                CompletableFuture<Leg> next = connector.connect(TARGET).toCompletableFuture();
                return !next.isCompletedExceptionally();
            });
        }
    }
}
