package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.grack.nanojson.JsonParser;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookSignallerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Backend backend;
    private final List<WebhookSignaller> signallers = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        backend = new Backend();
    }

    @AfterEach
    void stop() {
        signallers.forEach(WebhookSignaller::close);
        backend.close();
    }

    private WebhookSignaller.Builder builder() {
        return WebhookSignaller.builder(backend.url(), Samples.KEY)
                .backoff(Duration.ofMillis(5), Duration.ofMillis(20));
    }

    private WebhookSignaller open(WebhookSignaller.Builder builder) {
        WebhookSignaller signaller = builder.build();
        signallers.add(signaller);
        return signaller;
    }

    private CompletableFuture<Result> signal(WebhookSignaller signaller) {
        return signaller.signal(Samples.invitation()).toCompletableFuture();
    }

    private static Result get(CompletableFuture<Result> result) throws Exception {
        return result.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Throwable failure(CompletableFuture<Result> result) throws Exception {
        try {
            throw new AssertionError("no failure but " + get(result));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    @Test
    void signal_request_isSignedJson() throws Exception {
        WebhookSignaller signaller = open(builder().header("Authorization", "Bearer hidden"));
        Invitation invitation = Samples.invitation();
        assertThat(get(signaller.signal(invitation).toCompletableFuture())).isEqualTo(new Result.Delivered());
        Backend.Request request = backend.requests.get(0);
        assertThat(request.exchange().getRequestMethod()).isEqualTo("POST");
        assertThat(request.exchange().getRequestURI()).hasToString("/hook?code=hidden");
        assertThat(request.header("Content-Type")).isEqualTo("application/json");
        assertThat(request.header("Authorization")).isEqualTo("Bearer hidden");
        assertThat(request.header("Idempotency-Key"))
                .isEqualTo(invitation.bridgeId().toString());
        Map<String, Object> body =
                new LinkedHashMap<>(JsonParser.object().from(new String(request.body(), StandardCharsets.UTF_8)));
        assertThat(body)
                .containsEntry("type", "invitation")
                .containsEntry("deviceId", "device-1")
                .containsEntry("bridgeToken", invitation.token().value())
                .containsEntry("acceptUrl", invitation.acceptUrl().toString())
                .containsEntry("requestData", "ssh")
                .containsEntry("expiresAt", invitation.expiresAt().toString());
        assertThat(WebhookVerifier.of(Samples.KEY).verify(request::header, request.body()))
                .isEqualTo(new WebhookVerifier.Verdict.Genuine(invitation));
    }

    @Test
    void signal_answers_haveTheirMeanings() throws Exception {
        WebhookSignaller signaller = open(builder());
        Map<String, Result> answers = new LinkedHashMap<>();
        answers.put("200 ", new Result.Delivered());
        answers.put("200 {}", new Result.Delivered());
        answers.put("201 {\"result\":\"delivered\",\"more\":[{}]}", new Result.Delivered());
        answers.put("200 {\"result\":\"rejected\",\"code\":7,\"reason\":\"no\"}", new Result.Rejected(7, "no"));
        answers.put("200 {\"result\":\"rejected\"}", new Result.Rejected(403, ""));
        answers.put("200 {\"result\":\"unreachable\",\"reason\":\"off\"}", new Result.Unreachable("off"));
        answers.put("404 not here", new Result.Unreachable("the webhook does not know the device"));
        answers.put("410 ", new Result.Unreachable("the webhook does not know the device"));
        for (Map.Entry<String, Result> answer : answers.entrySet()) {
            backend.behaviour = request -> request.answer(
                    Integer.parseInt(answer.getKey().substring(0, 3)),
                    answer.getKey().substring(4));
            assertThat(get(signal(signaller))).as(answer.getKey()).isEqualTo(answer.getValue());
        }
        assertThat(backend.requests).as("none is tried twice").hasSize(answers.size());
    }

    @Test
    void signal_answersWithoutMeaning_fail() throws Exception {
        WebhookSignaller signaller = open(builder());
        List<String> answers = List.of(
                "200 <html>",
                "200 [1]",
                "200 " + "[".repeat(16_000),
                "200 {\"result\":\"maybe\"}",
                "200 {\"result\":\"rejected\",\"code\":10000}",
                "400 ",
                "401 ",
                "403 ");
        for (String answer : answers) {
            backend.behaviour =
                    request -> request.answer(Integer.parseInt(answer.substring(0, 3)), answer.substring(4));
            assertThat(failure(signal(signaller)))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("the webhook");
        }
        assertThat(backend.requests).as("none is tried twice").hasSize(answers.size());
    }

    @Test
    void signal_deferred_staysOpenAndIsForgotten() throws Exception {
        WebhookSignaller signaller = open(builder());
        backend.behaviour = request -> request.answer(202, "");
        CompletableFuture<Result> accepted = signal(signaller);
        await().atMost(PATIENCE).until(() -> backend.requests.size() == 1 && signaller.kept() == 0);
        backend.behaviour = request -> request.answer(200, "{\"result\":\"deferred\"}");
        CompletableFuture<Result> deferred = signal(signaller);
        await().atMost(PATIENCE).until(() -> backend.requests.size() == 2 && signaller.kept() == 0);
        assertThat(accepted).isNotDone();
        assertThat(deferred).isNotDone();
    }

    @Test
    void signal_redirect_isNotFollowed() throws Exception {
        WebhookSignaller signaller = open(builder());
        for (int status : List.of(301, 302, 303, 307, 308)) {
            backend.behaviour = request -> {
                request.exchange()
                        .getResponseHeaders()
                        .set("Location", backend.url().resolve("/elsewhere").toString());
                request.answer(status, "");
            };
            assertThat(failure(signal(signaller))).hasMessage("the webhook answered " + status);
        }
        assertThat(backend.requests).hasSize(5);
        assertThat(backend.strays).isEmpty();
    }

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
    void signal_serverErrorForGood_failsAfterSoManyTries() throws Exception {
        WebhookSignaller signaller = open(builder().maxAttempts(3));
        backend.behaviour = request -> request.answer(500, "");
        assertThat(failure(signal(signaller))).hasMessage("the webhook answered 500");
        assertThat(backend.requests).hasSize(3);
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void signal_retryAfter_isKept() {
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
            // Two timers: the invitation's expiry, and the pause once it has been drawn.
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
    void signal_retryAfterBeyondReckoning_isTooLong() throws Exception {
        // A pause of its own of 1.5 seconds: with it the longest duration would be too long.
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
    void signal_manyOverTls_areAllTakenOnHttp1() throws Exception {
        CountDownLatch all = new CountDownLatch(150); // beyond the 100 streams that servers of HTTP/2 mostly allow
        try (Backend secure = Backend.secure()) {
            secure.behaviour = request -> {
                all.countDown();
                all.await();
                request.answer(204, "");
            };
            WebhookSignaller signaller = open(WebhookSignaller.builder(secure.url(), Samples.KEY)
                    .sslContext(BackendKeys.clientContext())
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
    void signal_certificateThatIsNotTrustedOrOfAnother_fails() throws Exception {
        try (Backend secure = Backend.secure()) {
            WebhookSignaller untrusting =
                    open(WebhookSignaller.builder(secure.url(), Samples.KEY).maxAttempts(1));
            assertThat(failure(signal(untrusting)))
                    .hasMessage("the webhook cannot be reached")
                    .hasRootCauseInstanceOf(CertPathBuilderException.class);
            URI other = URI.create(secure.url().toString().replace("127.0.0.1", "localhost"));
            WebhookSignaller astray = open(WebhookSignaller.builder(other, Samples.KEY)
                    .sslContext(BackendKeys.clientContext())
                    .maxAttempts(1));
            assertThat(failure(signal(astray)))
                    .hasMessage("the webhook cannot be reached")
                    .hasRootCauseInstanceOf(CertificateException.class);
            assertThat(secure.requests).isEmpty();
        }
    }

    @Test
    void build_withoutTlsToAnotherMachine_warns() {
        List<LogRecord> records = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(WebhookSignaller.class.getName());
        log.addHandler(handler);
        log.setUseParentHandlers(false);
        try {
            for (String quiet : List.of(
                    "https://example.com/",
                    "http://127.0.0.1/",
                    "http://127.1.2.3:81/",
                    "http://[::1]/",
                    "http://LocalHost")) {
                open(WebhookSignaller.builder(URI.create(quiet), Samples.KEY));
            }
            assertThat(records).isEmpty();
            for (String loud : List.of("http://example.com/hidden", "http://127.0.0.1.example.com/", "http://[::2]/")) {
                open(WebhookSignaller.builder(URI.create(loud), Samples.KEY));
            }
            assertThat(records).hasSize(3).allSatisfy(record -> {
                assertThat(record.getLevel()).isEqualTo(Level.WARNING);
                assertThat(record.getMessage()).doesNotContain("hidden");
            });
        } finally {
            log.removeHandler(handler);
            log.setUseParentHandlers(true);
        }
    }

    @Test
    void signal_overTheLimitForGood_isThrottled() throws Exception {
        WebhookSignaller signaller = open(builder().maxAttempts(2));
        backend.behaviour = request -> request.answer(429, "");
        assertThat(get(signal(signaller))).isInstanceOf(Result.Throttled.class);
        assertThat(backend.requests).hasSize(2);
        backend.behaviour = request -> {
            request.exchange().getResponseHeaders().set("Retry-After", "3600");
            request.answer(429, "");
        };
        assertThat(get(signal(signaller)))
                .as("at once: the invitation will have expired")
                .isInstanceOf(Result.Throttled.class);
        assertThat(backend.requests).hasSize(3);
    }

    @Test
    void signal_nobodyThere_failsWithoutTheUrl() throws Exception {
        Throwable failure;
        // Bound and not listening: it refuses connections, and nobody else can have the port meanwhile.
        try (Socket bound = new Socket()) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            URI url = URI.create("http://127.0.0.1:" + bound.getLocalPort() + "/hidden?code=hidden");
            WebhookSignaller signaller = open(
                    WebhookSignaller.builder(url, Samples.KEY).backoff(Duration.ofMillis(1), Duration.ofMillis(1)));
            failure = failure(signal(signaller));
            assertThat(signaller.toString()).doesNotContain("hidden").doesNotContain("example key");
        }
        assertThat(failure).hasMessage("the webhook cannot be reached");
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain("hidden");
        }
    }

    @Test
    void signal_slowServer_isGivenUp() throws Exception {
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
            stop.await(); // and never the rest
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

    @Test
    void signal_hugeAnswer_isCutOff() throws Exception {
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
        assertThat(failure(signal(open(builder())))).hasMessage("the webhook's answer is too long");
        assertThat(cut.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(written).hasValueLessThan(64L << 20);
        assertThat(backend.requests).hasSize(1);
    }

    @Test
    void signal_many_soManyAtOnce() throws Exception {
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
    void signal_expiresInTheLine_isNeverPosted() throws Exception {
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
    void close_underWay_fails() throws Exception {
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

    @Test
    void builder_whatCannotBe_isRefusedWithoutSecrets() {
        for (String url : List.of(
                "ftp://example.com/hidden",
                "file:///hidden",
                "/hidden",
                "http:///hidden",
                "https://user:hidden@example.com/",
                "https://example.com/hidden#part")) {
            assertThatThrownBy(() -> WebhookSignaller.builder(URI.create(url), Samples.KEY))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("hidden");
        }
        assertThatThrownBy(() -> builder().header("X", "hidden\r\nY: z"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("hidden");
        assertThatThrownBy(() -> builder().maxConcurrent(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().backoff(Duration.ZERO, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
        for (String own : List.of("Wsbridge-Signature", "wsbridge-timestamp", "IDEMPOTENCY-KEY")) {
            assertThatThrownBy(() -> builder().header(own, "hidden"))
                    .as(own)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("hidden");
        }
        assertThatThrownBy(() -> builder().requestTimeout(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().requestTimeout(Duration.ofDays(2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().backoff(Duration.ofSeconds(1), Duration.ofDays(200_000)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WebhookKey.of("too short")).isInstanceOf(IllegalArgumentException.class);
        assertThat(Samples.KEY).hasToString("WebhookKey[redacted]");
    }
}
