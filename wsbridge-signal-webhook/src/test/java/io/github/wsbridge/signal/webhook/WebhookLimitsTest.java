package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Signaller.Result;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many invitations at a time, and the limits of what a signaller keeps. */
class WebhookLimitsTest extends WebhookSignallerFixture {

    @Test
    void signal_manyOverTls_areAllTakenOnHttp1() throws Exception {
        CountDownLatch all = new CountDownLatch(150); // more than the 100 streams that most HTTP/2 servers allow
        try (Backend secure = Backend.secure()) {
            secure.behaviour = request -> {
                all.countDown();
                all.await();
                request.answer(204, "");
            };
            WebhookSignaller signaller = open(WebhookSignaller.builder(secure.url(), Samples.KEY)
                    .sslContext(BackendKeys.clientContext())
                    .connectTimeout(PATIENCE) // 150 TLS handshakes at the same time
                    .requestTimeout(PATIENCE)
                    .maxAttempts(1));
            List<CompletableFuture<Result>> results = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                results.add(signal(signaller));
            }
            for (CompletableFuture<Result> result : results) {
                assertThat(get(result)).isEqualTo(new Result.Delivered());
            }
            assertThat(secure.requests).hasSize(150);
            assertThat(secure.requests.stream()
                            .map(request -> request.exchange().getProtocol()))
                    .containsOnly("HTTP/1.1");
        }
    }

    @Test
    void signal_many_areLimitedInProgress() throws Exception {
        WebhookSignaller signaller = open(builder().maxConcurrent(3).maxWaiting(20));
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch stop = new CountDownLatch(1);
        try {
            backend.behaviour = request -> {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                stop.await();
                now.decrementAndGet();
                request.answer(200, "");
            };
            List<CompletableFuture<Result>> results = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                results.add(signal(signaller));
            }
            assertThat(get(signal(signaller))).as("one too many").isInstanceOf(Result.Throttled.class);
            await().atMost(PATIENCE).until(() -> now.get() == 3);
            stop.countDown();
            for (CompletableFuture<Result> result : results) {
                assertThat(get(result)).isEqualTo(new Result.Delivered());
            }
        } finally {
            stop.countDown();
        }
        assertThat(most).hasValue(3);
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void signal_expiresWhileQueued_isNeverPosted() throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        try {
            WebhookSignaller signaller = open(builder().maxConcurrent(1));
            backend.behaviour = request -> {
                stop.await();
                request.answer(200, "");
            };
            CompletableFuture<Result> first = signal(signaller);
            await().atMost(PATIENCE).until(() -> backend.requests.size() == 1);
            CompletableFuture<Result> second = signaller
                    .signal(Samples.invitation("d", Instant.now(), Duration.ofMillis(100)))
                    .toCompletableFuture();
            assertThat(failure(second)).hasMessage("the invitation has expired");
            stop.countDown();
            assertThat(get(first)).isEqualTo(new Result.Delivered());
            assertThat(get(signal(signaller))).isEqualTo(new Result.Delivered());
            assertThat(backend.requests).hasSize(2);
        } finally {
            stop.countDown();
        }
    }

    @Test
    void signal_hugeAnswer_isTruncated() throws Exception {
        AtomicLong written = new AtomicLong();
        CountDownLatch cut = new CountDownLatch(1);
        backend.behaviour = request -> {
            request.exchange().sendResponseHeaders(200, 0);
            byte[] piece = new byte[64 * 1024];
            try (OutputStream out = request.exchange().getResponseBody()) {
                while (written.get() < 1L << 32) {
                    out.write(piece);
                    written.addAndGet(piece.length);
                }
            } catch (IOException e) {
                cut.countDown();
            }
        };
        assertThat(get(signal(open(builder())))).isEqualTo(new Result.Delivered()); // as the status says
        assertThat(cut.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(written).hasValueLessThan(64L << 20);
        assertThat(backend.requests).hasSize(1);
    }

    @Test
    void close_duringASignal_failsIt() throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        try {
            WebhookSignaller signaller = open(builder());
            backend.behaviour = request -> stop.await();
            CompletableFuture<Result> result = signal(signaller);
            await().atMost(PATIENCE).until(() -> backend.requests.size() == 1);
            signaller.close();
            assertThat(failure(result)).hasMessage("the signaller is closed");
            assertThat(failure(signal(signaller))).hasMessage("the signaller is closed");
            assertThat(signaller.kept()).isZero();
        } finally {
            stop.countDown();
        }
    }
}
