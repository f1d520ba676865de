package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.testkit.FakeScheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptAttemptsTest {

    private final FakeScheduler scheduler = new FakeScheduler();
    private final Queue<Supplier<CompletableFuture<String>>> outcomes = new ArrayDeque<>();
    private final List<String> closed = new ArrayList<>();

    private CompletableFuture<String> start() {
        return AcceptAttempts.start(
                () -> outcomes.remove().get(),
                (String bridge, CloseReason reason) -> closed.add(bridge),
                Duration.ofSeconds(30),
                scheduler);
    }

    private static Supplier<CompletableFuture<String>> fails(IOException failure) {
        return () -> CompletableFuture.failedFuture(failure);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void start_nodeIsBusyOrStopping_triesAgain(int status) {
        outcomes.add(fails(new HandshakeException(status)));
        outcomes.add(() -> CompletableFuture.completedFuture("bridge"));
        CompletableFuture<String> bridge = start();
        assertThat(bridge).isNotDone();
        scheduler.advance(Duration.ofMillis(100));
        assertThat(bridge).isCompletedWithValue("bridge");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {CloseReason.GOING_AWAY, CloseReason.VANISHED, CloseReason.OWNER_UNREACHABLE, CloseReason.UNAVAILABLE
            })
    void start_closedBeforeTheBridgeStands_triesAgain(int code) {
        outcomes.add(fails(new BridgeException(new CloseReason(code, "before"))));
        outcomes.add(() -> CompletableFuture.completedFuture("bridge"));
        CompletableFuture<String> bridge = start();
        scheduler.advance(Duration.ofMillis(100));
        assertThat(bridge).isCompletedWithValue("bridge");
    }

    @Test
    void start_tokenIsWorthless_fails() {
        outcomes.add(fails(new BridgeException(new CloseReason(CloseReason.BAD_TOKEN, "used"))));
        assertThat(start()).isCompletedExceptionally();
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void start_tokenIsRefused_fails() {
        outcomes.add(fails(new HandshakeException(403)));
        assertThat(start()).isCompletedExceptionally();
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void start_furtherAttemptThrows_fails() {
        outcomes.add(fails(new IOException("cut")));
        outcomes.add(() -> {
            throw new OutOfMemoryError("on purpose");
        });
        CompletableFuture<String> bridge = start();
        scheduler.advance(Duration.ofMillis(100));
        assertThat(bridge).isCompletedExceptionally();
    }

    @Test
    void start_cancelledWhileOpening_closesTheBridgeThatComesLate() {
        CompletableFuture<String> opening = new CompletableFuture<>();
        outcomes.add(() -> opening.thenApply(bridge -> bridge));
        outcomes.add(() -> opening);
        CompletableFuture<String> bridge = start();
        bridge.cancel(true);
        opening.complete("late");
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(outcomes).as("no further attempt").hasSize(1);
    }
}
