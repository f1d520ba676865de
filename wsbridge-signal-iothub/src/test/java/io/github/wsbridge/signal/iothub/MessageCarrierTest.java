package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import com.microsoft.azure.sdk.iot.service.messaging.SendResult;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests the timeouts and limits of messages, with fake clients of the SDK. */
class MessageCarrierTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration ACKNOWLEDGE = Duration.ofSeconds(10);

    private final FakeScheduler scheduler = new FakeScheduler();
    private final List<MessagingClient> clients = new CopyOnWriteArrayList<>();
    private final List<Consumer<SendResult>> sent = new CopyOnWriteArrayList<>();
    private final AtomicInteger freshened = new AtomicInteger();
    private final CountDownLatch opening = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);
    private final MessageCarrier carrier = carrier(2);

    private MessageCarrier carrier(int maxWaiting) {
        return new MessageCarrier(
                this::client,
                freshened::incrementAndGet,
                ACKNOWLEDGE,
                maxWaiting,
                scheduler.clock(),
                new Timers(scheduler));
    }

    private MessagingClient client() {
        MessagingClient client = mock(MessagingClient.class);
        try {
            doAnswer(call -> {
                        opening.countDown();
                        open.await();
                        return null;
                    })
                    .when(client)
                    .open(anyInt());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        when(client.isOpen()).thenReturn(true);
        doAnswer(call -> sent.add(call.getArgument(2))).when(client).sendAsync(any(), any(), any(), any());
        clients.add(client);
        return client;
    }

    @AfterEach
    void stop() {
        open.countDown();
        carrier.close();
    }

    private CompletableFuture<Result> carry(Duration life) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        carrier.carry(Samples.invitation("device", scheduler.clock().instant(), life), result);
        return result;
    }

    private CompletableFuture<Result> carry() {
        return carry(Duration.ofMinutes(1));
    }

    /** Sends another message, and waits until the SDK has it and its timers run. */
    private CompletableFuture<Result> send(Duration life, int timers) {
        int before = sent.size();
        CompletableFuture<Result> result = carry(life);
        await().atMost(PATIENCE).until(() -> sent.size() > before && scheduler.pending() == timers);
        return result;
    }

    private void acknowledge(int index) {
        sent.get(index).accept(new SendResult(true, "", null, null));
    }

    @Test
    void carry_openedLate_stillWaitsForTheAcknowledgement() throws Exception {
        CompletableFuture<Result> first = carry();
        CompletableFuture<Result> second = carry();
        assertThat(opening.await(20, TimeUnit.SECONDS)).isTrue();
        scheduler.advance(ACKNOWLEDGE.plusSeconds(1));
        open.countDown();
        // Timers for the renewal, two expiries and two acknowledgements.
        await().atMost(PATIENCE).until(() -> sent.size() == 2 && scheduler.pending() == 5);
        scheduler.advance(ACKNOWLEDGE.minusMillis(1));
        acknowledge(0);
        acknowledge(1);
        assertThat(first).isCompletedWithValue(new Result.Delivered());
        assertThat(second).isCompletedWithValue(new Result.Delivered());
        assertThat(scheduler.pending()).isEqualTo(1);
        scheduler.advance(ACKNOWLEDGE);
        open(1);
        verify(clients.get(0), never()).close(anyInt());
    }

    /** Sends another message, and returns the connection that it used. */
    private void open(int connections) {
        int before = sent.size();
        carry();
        await().atMost(PATIENCE).until(() -> sent.size() > before);
        assertThat(clients).hasSize(connections);
    }

    @Test
    void carry_shortLife_doesNotShortenTheConnectionsTimeout() throws Exception {
        open.countDown();
        CompletableFuture<Result> result = send(Duration.ofSeconds(1), 3);
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(carrier.kept()).as("it has expired").isZero();
        scheduler.advance(ACKNOWLEDGE.minusMillis(1_001));
        open(1);
        scheduler.advance(Duration.ofMillis(1));
        assertThat(result).isNotDone();
        open(2);
        verify(clients.get(0)).close(anyInt());
    }

    @Test
    void carry_othersAcknowledged_keepsTheConnection() {
        open.countDown();
        send(Duration.ofMinutes(1), 3);
        scheduler.advance(Duration.ofSeconds(9));
        send(Duration.ofMinutes(1), 5);
        acknowledge(1);
        scheduler.advance(Duration.ofSeconds(2));
        open(1);
    }

    @Test
    void carry_manyWhileOpening_areBounded() throws Exception {
        CompletableFuture<Result> first = carry();
        assertThat(opening.await(20, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Result> second = carry();
        assertThat(carry()).as("no room").isCompletedWithValueMatching(Result.Throttled.class::isInstance);
        scheduler.advance(Duration.ofMinutes(1));
        assertThat(second)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .withMessage("timed out connecting to the IoT hub");
        assertThat(carrier.kept()).as("the thread still handles the first").isEqualTo(1);
        CompletableFuture<Result> third = carry();
        assertThat(carry()).as("no room").isCompletedWithValueMatching(Result.Throttled.class::isInstance);
        open.countDown();
        assertThat(first)
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .havingCause()
                .withMessage("timed out connecting to the IoT hub");
        await().atMost(PATIENCE).until(() -> sent.size() == 1);
        acknowledge(0);
        assertThat(third).isCompletedWithValue(new Result.Delivered());
        assertThat(carrier.kept()).isZero();
    }

    @Test
    void renewal_idleConnection_continuesUntilClosed() {
        scheduler.advance(Duration.ofHours(1));
        assertThat(freshened).hasValue(3);
        carrier.close();
        scheduler.advance(Duration.ofHours(1));
        assertThat(freshened).hasValue(3);
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void close_waiting_fails() throws Exception {
        CompletableFuture<Result> first = carry();
        assertThat(opening.await(20, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Result> second = carry();
        carrier.close();
        open.countDown();
        assertThat(second)
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .havingCause()
                .withMessage("the signaller is closed");
        assertThat(first).as("already sent, and the fake does not answer").isNotDone();
        assertThat(clients).hasSize(1);
    }
}
