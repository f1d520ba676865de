package io.github.wsbridge.signal.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.nats.client.Connection;
import io.nats.client.Message;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the signaller makes of the answers of NATS' client. */
final class NatsSignallerTest {

    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
    private static final Duration LEFT = Duration.ofSeconds(30);

    private final Connection connection = mock();
    private final CompletableFuture<Message> reply = new CompletableFuture<>();
    private Instant now = NOW;
    private NatsSignaller signaller;

    @BeforeEach
    void create() {
        signaller = new NatsSignaller(connection, () -> now);
        when(connection.getStatus()).thenReturn(Connection.Status.CONNECTED);
        when(connection.requestWithTimeout(
                        eq("wsbridge.v1.devices.a%2Eb%20%C3%A4.invitations"), any(byte[].class), eq(LEFT)))
                .thenReturn(reply);
    }

    private CompletableFuture<Result> signal() {
        BridgeToken token = new BridgeToken("secret");
        URI url = Endpoints.accept(URI.create("wss://bridge.example.com"), token, "data");
        Invitation invitation =
                new Invitation(new BridgeId(1, 2), "a.b ä", token, url, "data", "alice", NOW.plus(LEFT));
        return signaller.signal(invitation).toCompletableFuture();
    }

    private void replies(String text) {
        Message message = mock();
        when(message.getData()).thenReturn(text.getBytes(StandardCharsets.UTF_8));
        reply.complete(message);
    }

    @Test
    void answers_areTheDevices() {
        CompletableFuture<Result> result = signal();
        assertThat(signaller.kept()).isEqualTo(1);
        replies("{\"type\":\"reject\",\"code\":7,\"reason\":\"no\"}");
        assertThat(result).isCompletedWithValue(new Result.Rejected(7, "no"));
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void malformedAnswer_showsThatItWasDelivered() {
        CompletableFuture<Result> result = signal();
        replies("no JSON");
        assertThat(result).isCompletedWithValue(new Result.Delivered());
    }

    @Test
    void noResponders_isUnreachableAtOnce() {
        CompletableFuture<Result> result = signal();
        reply.completeExceptionally(new CancellationException());
        assertThat(result.join()).isInstanceOf(Result.Unreachable.class);
    }

    @Test
    void noAnswerInTime_leavesTheDecisionToTheNode() {
        CompletableFuture<Result> result = signal();
        now = NOW.plus(LEFT);
        reply.completeExceptionally(new CancellationException());
        assertThat(result).isNotDone();
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void noConnection_publishesNothing() {
        when(connection.getStatus()).thenReturn(Connection.Status.RECONNECTING);
        assertThat(signal().join()).isInstanceOf(Result.Unreachable.class);
        verify(connection, never()).requestWithTimeout(any(String.class), any(byte[].class), any());
    }

    @Test
    void fullQueue_isUnreachable() {
        when(connection.requestWithTimeout(any(String.class), any(byte[].class), any()))
                .thenThrow(new IllegalStateException("full"));
        assertThat(signal().join()).isInstanceOf(Result.Unreachable.class);
        assertThat(signaller.kept()).isZero();
    }
}
