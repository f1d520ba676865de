package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the timeouts of direct methods, with a fake client of the SDK. */
class MethodCarrierTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final FakeScheduler scheduler = new FakeScheduler();
    private final DirectMethodsClient client = mock(DirectMethodsClient.class);
    private final List<Integer> readTimeouts = new ArrayList<>();
    private final List<DirectMethodRequestOptions> calls = new ArrayList<>();
    private final CountDownLatch called = new CountDownLatch(1);
    private final CountDownLatch stop = new CountDownLatch(1);
    private final MethodCarrier carrier = new MethodCarrier(
            seconds -> {
                readTimeouts.add(seconds);
                return client;
            },
            "Bridge",
            Duration.ofSeconds(5),
            1,
            10,
            scheduler.clock(),
            new Timers(scheduler));

    @BeforeEach
    void start() throws Exception {
        DirectMethodResponse accepted = mock(DirectMethodResponse.class);
        when(accepted.getStatus()).thenReturn(200);
        when(client.invoke(any(), any(), any(DirectMethodRequestOptions.class))).thenAnswer(call -> {
            calls.add(call.getArgument(2));
            called.countDown();
            stop.await();
            return accepted;
        });
    }

    @AfterEach
    void stop() {
        stop.countDown();
        carrier.close();
    }

    private CompletableFuture<Result> carry(Duration life) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        carrier.carry(Samples.invitation("device", scheduler.clock().instant(), life), result);
        return result;
    }

    @Test
    void carry_anyLife_staysWithinTheHubsLimits() {
        stop.countDown();
        for (int seconds : List.of(3, 8, 30, 3600)) {
            assertThat(carry(Duration.ofSeconds(seconds)))
                    .succeedsWithin(PATIENCE)
                    .isEqualTo(new Result.Delivered());
        }
        assertThat(calls.stream().map(DirectMethodRequestOptions::getMethodConnectTimeoutSeconds))
                .containsExactly(0, 3, 5, 5);
        assertThat(calls.stream().map(DirectMethodRequestOptions::getMethodResponseTimeoutSeconds))
                .containsExactly(5, 5, 25, 295);
        assertThat(readTimeouts).containsExactly(4, 9, 31, 301);
    }

    @Test
    void carry_hangingCall_leavesItToTheAcceptTimeout() throws Exception {
        CompletableFuture<Result> result = carry(Duration.ofSeconds(30));
        assertThat(called.await(20, TimeUnit.SECONDS)).isTrue();
        scheduler.advance(Duration.ofSeconds(31));
        assertThat(result).isNotDone();
        assertThat(carrier.kept()).as("the thread is still held").isEqualTo(1);
        stop.countDown();
        await().atMost(PATIENCE).until(() -> carrier.kept() == 0);
    }

    @Test
    void carry_answered_leavesNoTimer() {
        stop.countDown();
        assertThat(carry(Duration.ofSeconds(30))).succeedsWithin(PATIENCE);
        await().atMost(PATIENCE).until(() -> scheduler.pending() == 0);
    }

    @Test
    void httpConnectSeconds_anyLife_isAtMostHalfOfIt() {
        assertThat(List.of(1, 4, 9, 31, 301).stream().map(MethodCarrier::httpConnectSeconds))
                .containsExactly(1, 2, 4, 5, 5);
    }
}
