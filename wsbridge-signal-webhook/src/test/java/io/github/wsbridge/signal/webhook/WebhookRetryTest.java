package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Failed attempts and those that follow. */
class WebhookRetryTest extends WebhookSignallerFixture {

    @Test
    void signal_serverError_isTriedAgainWithTheSameKey() throws Exception {
        WebhookSignaller signaller = open(builder());
        backend.behaviour = request -> {
            switch (backend.requests.size()) {
                case 1 -> request.answer(503, "");
                case 2 -> request.exchange().close(); // without an answer
                default -> request.answer(200, "");
            }
        };
        assertThat(get(signal(signaller))).isEqualTo(new Result.Delivered());
        assertThat(backend.requests).hasSize(3);
        assertThat(backend.requests.stream().map(request -> request.header("Idempotency-Key")))
                .containsOnly(backend.requests.get(0).header("Idempotency-Key"));
    }

    @Test
    void signal_permanentServerError_failsAfterAllAttempts() throws Exception {
        WebhookSignaller signaller = open(builder().maxAttempts(3));
        backend.behaviour = request -> request.answer(500, "");
        assertThat(failure(signal(signaller))).hasMessage("the webhook answered 500");
        assertThat(backend.requests).hasSize(3);
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void signal_retryAfter_isObserved() {
        FakeScheduler scheduler = new FakeScheduler();
        AtomicInteger drawn = new AtomicInteger();
        WebhookSignaller signaller = open(builder()
                .scheduler(scheduler)
                .clock(scheduler.clock())
                .requestTimeout(Duration.ofHours(1))
                .random(() -> drawn.getAndIncrement() & 0));
        for (String retryAfter : List.of("7", "Thu, 01 Jan 2026 00:00:14 GMT")) {
            backend.requests.clear();
            backend.behaviour = request -> {
                if (backend.requests.size() == 1) {
                    request.exchange().getResponseHeaders().set("Retry-After", retryAfter);
                    request.answer(429, "");
                } else {
                    request.answer(200, "");
                }
            };
            int before = drawn.get();
            CompletableFuture<Result> result = signaller
                    .signal(Samples.invitation("d", scheduler.clock().instant(), Duration.ofSeconds(30)))
                    .toCompletableFuture();
            // Two timers: the invitation's expiry, and the pause once it has started.
            await().atMost(PATIENCE).until(() -> drawn.get() > before && scheduler.pending() == 2);
            scheduler.advance(Duration.ofMillis(6_999));
            assertThat(scheduler.pending()).isEqualTo(2);
            assertThat(backend.requests).hasSize(1);
            scheduler.advance(Duration.ofMillis(1));
            await().atMost(PATIENCE).until(result::isDone);
            assertThat(result).isCompletedWithValue(new Result.Delivered());
            assertThat(backend.requests).hasSize(2);
            assertThat(scheduler.pending()).isZero();
        }
    }

    @Test
    void signal_retryAfterOverflow_isTooLong() throws Exception {
        // The random pause is 1.5 seconds: added to the longest duration, it would overflow.
        WebhookSignaller signaller = open(
                builder().backoff(Duration.ofSeconds(2), Duration.ofSeconds(2)).random(() -> 3_000_000_000L));
        for (String retryAfter : List.of(Long.toString(Long.MAX_VALUE), "Fri, 31 Dec 9999 23:59:59 GMT")) {
            backend.behaviour = request -> {
                request.exchange().getResponseHeaders().set("Retry-After", retryAfter);
                request.answer(429, "");
            };
            assertThat(get(signal(signaller))).as(retryAfter).isInstanceOf(Result.Throttled.class);
        }
        assertThat(backend.requests).hasSize(2);
    }

    @Test
    void signal_permanentlyOverTheLimit_isThrottled() throws Exception {
        WebhookSignaller signaller = open(builder().maxAttempts(2));
        backend.behaviour = request -> request.answer(429, "");
        assertThat(get(signal(signaller))).isInstanceOf(Result.Throttled.class);
        assertThat(backend.requests).hasSize(2);
        backend.behaviour = request -> {
            request.exchange().getResponseHeaders().set("Retry-After", "3600");
            request.answer(429, "");
        };
        assertThat(get(signal(signaller)))
                .as("immediately, since the invitation expires first")
                .isInstanceOf(Result.Throttled.class);
        assertThat(backend.requests).hasSize(3);
    }

    @Test
    void signal_slowServer_timesOut() throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        FakeScheduler scheduler = new FakeScheduler();
        WebhookSignaller signaller = open(builder()
                .scheduler(scheduler)
                .clock(scheduler.clock())
                .requestTimeout(Duration.ofSeconds(10))
                .maxAttempts(2));
        List<Backend.Behaviour> slow = List.of(request -> stop.await(), request -> {
            request.exchange().sendResponseHeaders(200, 1000);
            request.exchange().getResponseBody().write('{');
            request.exchange().getResponseBody().flush();
            stop.await(); // and never sends the rest
        });
        try {
            for (Backend.Behaviour behaviour : slow) {
                backend.requests.clear();
                backend.behaviour = behaviour;
                CompletableFuture<Result> result = signaller
                        .signal(Samples.invitation("d", scheduler.clock().instant(), Duration.ofMinutes(1)))
                        .toCompletableFuture();
                await().atMost(PATIENCE).until(() -> backend.requests.size() == 1);
                scheduler.advance(Duration.ofMillis(9_999));
                assertThat(backend.requests).hasSize(1);
                scheduler.advance(Duration.ofMillis(1));
                await().atMost(PATIENCE).until(() -> {
                    scheduler.advance(Duration.ofMillis(10)); // the pause
                    return backend.requests.size() == 2;
                });
                assertThat(result).isNotDone();
                scheduler.advance(Duration.ofSeconds(10));
                assertThat(failure(result)).hasMessage("the webhook did not answer in time");
                assertThat(signaller.kept()).isZero();
            }
        } finally {
            stop.countDown();
        }
    }
}
