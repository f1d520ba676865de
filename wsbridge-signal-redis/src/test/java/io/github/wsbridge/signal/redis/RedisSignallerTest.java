package io.github.wsbridge.signal.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the signaller makes of the answers of Redis. */
final class RedisSignallerTest {

    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    private final RedisAsyncCommands<String, String> redis = mock();
    private final CompletableFuture<Long> published = new CompletableFuture<>();
    private RedisSignaller signaller;

    @BeforeEach
    void create() {
        signaller = new RedisSignaller(redis, () -> NOW);
        RedisFuture<Long> future = mock();
        when(future.toCompletableFuture()).thenReturn(published);
        when(redis.publish(eq("wsbridge:v1:invitations:a:b ä"), anyString())).thenReturn(future);
    }

    private CompletableFuture<Result> signal(Duration life) {
        BridgeToken token = new BridgeToken("secret");
        URI url = Endpoints.accept(URI.create("wss://bridge.example.com"), token, "data");
        Invitation invitation =
                new Invitation(new BridgeId(1, 2), "a:b ä", token, url, "data", "alice", NOW.plus(life));
        return signaller.signal(invitation).toCompletableFuture();
    }

    @Test
    void subscribers_meanDelivered() {
        CompletableFuture<Result> result = signal(Duration.ofMinutes(1));
        assertThat(signaller.kept()).isEqualTo(1);
        published.complete(1L);
        assertThat(result).isCompletedWithValue(new Result.Delivered());
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void noSubscriber_isUnreachable() {
        published.complete(0L);
        assertThat(signal(Duration.ofMinutes(1)).join()).isInstanceOf(Result.Unreachable.class);
    }

    @Test
    void noAnswerInTime_isGivenUp() {
        CompletableFuture<Result> result = signal(Duration.ofMillis(1));
        await().atMost(Duration.ofSeconds(20)).until(published::isCancelled);
        assertThat(result).isNotDone(); // the node's timeout decides
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void rejectedCommand_isUnreachable() {
        when(redis.publish(anyString(), anyString())).thenThrow(new RedisException("disconnected"));
        assertThat(signal(Duration.ofMinutes(1)).join()).isInstanceOf(Result.Unreachable.class);
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void close_givesUp() {
        CompletableFuture<Result> result = signal(Duration.ofMinutes(1));
        signaller.close();
        assertThat(result.join()).isEqualTo(new Result.Unreachable("the node is stopping"));
    }
}
