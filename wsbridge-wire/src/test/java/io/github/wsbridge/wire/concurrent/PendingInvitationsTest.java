package io.github.wsbridge.wire.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class PendingInvitationsTest {

    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    private final PendingInvitations pending = new PendingInvitations("NATS", () -> NOW);
    private final List<CompletableFuture<Result>> sent = new ArrayList<>();

    private CompletableFuture<Result> signal(Duration life) {
        return signal(life, (left, result) -> {
            assertThat(left).isEqualTo(life);
            sent.add(result);
        });
    }

    private CompletableFuture<Result> signal(Duration life, PendingInvitations.Sending sending) {
        BridgeToken token = new BridgeToken("secret");
        URI url = Endpoints.accept(URI.create("wss://bridge.example.com"), token, "data");
        Invitation invitation =
                new Invitation(new BridgeId(1, 2), "device", token, url, "data", "alice", NOW.plus(life));
        return pending.signal(invitation, sending).toCompletableFuture();
    }

    @Test
    void result_isTold_andKeptNoLonger() {
        CompletableFuture<Result> told = signal(Duration.ofMinutes(1));
        assertThat(told).isNotDone();
        assertThat(pending.size()).isEqualTo(1);
        sent.get(0).complete(new Result.Delivered());
        assertThat(told).isCompletedWithValue(new Result.Delivered());
        assertThat(pending.size()).isZero();
    }

    @Test
    void nothingLearned_leavesTheDecisionToTheNode() {
        CompletableFuture<Result> told = signal(Duration.ofMinutes(1));
        sent.get(0).cancel(false);
        assertThat(told).isNotDone();
        assertThat(pending.size()).isZero();
    }

    @Test
    void expiry_endsTheResult_andLeavesTheDecisionToTheNode() {
        CompletableFuture<Result> told = signal(Duration.ofMillis(10));
        await().atMost(Duration.ofSeconds(20)).until(() -> pending.size() == 0);
        assertThat(sent.get(0)).isCompletedExceptionally();
        assertThat(told).isNotDone();
    }

    @Test
    void expired_isNotSent() {
        assertThat(signal(Duration.ZERO).join()).isEqualTo(new Result.Unreachable("the invitation has expired"));
        assertThat(sent).isEmpty();
    }

    @Test
    void failureToSend_isUnreachable() {
        CompletableFuture<Result> told = signal(Duration.ofMinutes(1), (left, result) -> {
            throw new IllegalStateException("full");
        });
        assertThat(told).isCompletedWithValue(new Result.Unreachable("NATS did not take the invitation"));
        assertThat(pending.size()).isZero();
    }

    @Test
    void tooMany_areThrottled_untilOneHasItsResult() {
        for (int i = 0; i < 10_000; i++) {
            signal(Duration.ofHours(1));
        }
        assertThat(signal(Duration.ofHours(1)).join())
                .isEqualTo(new Result.Throttled("too many pending invitations over NATS"));
        sent.get(0).complete(new Result.Delivered());
        assertThat(signal(Duration.ofHours(1))).isNotDone();
        pending.close();
    }

    @Test
    void close_givesUpAll_andRefusesFurther() {
        CompletableFuture<Result> told = signal(Duration.ofHours(1));
        pending.close();
        Result stopping = new Result.Unreachable("the node is stopping");
        assertThat(told).isCompletedWithValue(stopping);
        assertThat(signal(Duration.ofHours(1))).isCompletedWithValue(stopping);
        assertThat(pending.size()).isZero();
    }
}
