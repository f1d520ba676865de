package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.grack.nanojson.JsonObject;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

/** Tests direct methods with the real SDK. */
@ExtendWith(TrustsHub.class)
class IotHubSignallerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private FakeHub hub;
    private final List<IotHubSignaller> signallers = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        hub = new FakeHub();
    }

    @AfterEach
    void stop() {
        signallers.forEach(IotHubSignaller::close);
        hub.close();
    }

    private IotHubSignaller.Builder builder() {
        return IotHubSignaller.builder(FakeHub.CONNECTION_STRING).proxy(hub.proxy());
    }

    private IotHubSignaller open(IotHubSignaller.Builder builder) {
        IotHubSignaller signaller = builder.build();
        signallers.add(signaller);
        return signaller;
    }

    private static CompletableFuture<Result> signal(IotHubSignaller signaller, String deviceId) {
        return signaller.signal(Samples.invitation(deviceId)).toCompletableFuture();
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
    void signal_request_isAsDocumented() throws Exception {
        hub.connected.put("dev#1", (name, payload, context) -> new DirectMethodResponse(200, null));
        FakeScheduler scheduler = new FakeScheduler();
        IotHubSignaller signaller = open(builder().scheduler(scheduler).clock(scheduler.clock()));
        Invitation invitation = Samples.invitation("dev#1", scheduler.clock().instant(), Duration.ofSeconds(30));
        assertThat(get(signaller.signal(invitation).toCompletableFuture())).isEqualTo(new Result.Delivered());
        FakeHub.Call call = hub.calls.get(0);
        assertThat(call.rawPath()).isEqualTo("/twins/dev%231/methods");
        assertThat(call.headers().get("Content-type")).startsWith("application/json");
        JsonObject body = call.body();
        assertThat(body.getString("methodName")).isEqualTo("Bridge");
        assertThat(body.getInt("connectTimeoutInSeconds")).isEqualTo(5);
        assertThat(body.getInt("responseTimeoutInSeconds"))
                .as("the rest of the accept timeout")
                .isEqualTo(25);
        assertThat(body.getObject("payload"))
                .containsEntry("type", "invitation")
                .containsEntry("bridgeId", invitation.bridgeId().toString())
                .containsEntry("bridgeToken", invitation.token().value())
                .containsEntry("acceptUrl", invitation.acceptUrl().toString())
                .containsEntry("requestData", "ssh 22")
                .containsEntry("expiresAt", invitation.expiresAt().toString());
    }

    @Test
    void signal_longLifeAndMethodName_staysWithinTheHubsLimits() throws Exception {
        hub.connected.put("device", (name, payload, context) -> new DirectMethodResponse(0, null));
        FakeScheduler scheduler = new FakeScheduler();
        IotHubSignaller signaller =
                open(builder().methodName("Invite").scheduler(scheduler).clock(scheduler.clock()));
        assertThat(get(signaller
                        .signal(Samples.invitation("device", scheduler.clock().instant(), Duration.ofHours(1)))
                        .toCompletableFuture()))
                .isEqualTo(new Result.Delivered());
        JsonObject body = hub.calls.get(0).body();
        assertThat(body.getString("methodName")).isEqualTo("Invite");
        assertThat(body.getInt("connectTimeoutInSeconds")).isEqualTo(5);
        assertThat(body.getInt("responseTimeoutInSeconds")).isEqualTo(295);
    }

    @Test
    void signal_statuses_acceptOrReject() throws Exception {
        IotHubSignaller signaller = open(builder());
        Map<FakeHub.Canned, Result> answers = new LinkedHashMap<>();
        answers.put(new FakeHub.Canned(200, "{\"status\":0,\"payload\":null}"), new Result.Delivered());
        answers.put(new FakeHub.Canned(200, "{\"status\":200}"), new Result.Delivered());
        answers.put(
                new FakeHub.Canned(200, "{\"status\":403,\"payload\":{\"reason\":\"no\"}}"),
                new Result.Rejected(403, "no"));
        answers.put(
                new FakeHub.Canned(200, "{\"status\":403,\"payload\":{\"code\":0,\"reason\":\"no\"}}"),
                new Result.Rejected(0, "no"));
        answers.put(new FakeHub.Canned(200, "{\"status\":500,\"payload\":\"busy\"}"), new Result.Rejected(500, "busy"));
        answers.put(new FakeHub.Canned(200, "{\"status\":501,\"payload\":[1,2]}"), new Result.Rejected(501, ""));
        answers.put(new FakeHub.Canned(200, "{\"status\":-7,\"payload\":null}"), new Result.Rejected(403, ""));
        answers.put(
                new FakeHub.Canned(200, "{\"status\":7,\"payload\":{\"code\":10000}}"), new Result.Rejected(403, ""));
        for (Map.Entry<FakeHub.Canned, Result> answer : answers.entrySet()) {
            hub.canned = answer.getKey();
            assertThat(get(signal(signaller, "device")))
                    .as(answer.getKey().body())
                    .isEqualTo(answer.getValue());
        }
    }

    @Test
    void signal_errorCodes_haveTheirMeanings() throws Exception {
        IotHubSignaller signaller = open(builder());
        Map<FakeHub.Canned, Result> answers = new LinkedHashMap<>();
        answers.put(FakeHub.error(404, 404001), new Result.Unreachable("the IoT hub does not know the device"));
        answers.put(FakeHub.error(404, 404103), new Result.Unreachable("the device is not connected to the IoT hub"));
        Result throttled = new Result.Throttled("the IoT hub is over its limit");
        answers.put(FakeHub.error(429, 429001), throttled);
        answers.put(FakeHub.error(429, 429002), throttled);
        answers.put(new FakeHub.Canned(429, ""), throttled);
        answers.put(FakeHub.error(403, 403002), throttled);
        answers.put(FakeHub.error(403, 403004), new Result.Throttled("too many messages are queued for the device"));
        for (Map.Entry<FakeHub.Canned, Result> answer : answers.entrySet()) {
            hub.canned = answer.getKey();
            assertThat(get(signal(signaller, "device")))
                    .as(answer.getKey().body())
                    .isEqualTo(answer.getValue());
        }
        for (FakeHub.Canned trouble : List.of(
                FakeHub.error(400, 400004),
                FakeHub.error(401, 401002),
                FakeHub.error(403, 403999),
                FakeHub.error(404, 404002), // no such hub
                new FakeHub.Canned(404, "<html>a proxy's words"),
                FakeHub.error(500, 500001),
                FakeHub.error(503, 503001),
                new FakeHub.Canned(418, "tea"),
                new FakeHub.Canned(200, ""),
                new FakeHub.Canned(200, "{\"payload\":1}"),
                new FakeHub.Canned(200, "garbage"))) {
            hub.canned = trouble;
            assertThat(failure(signal(signaller, "device")))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("the IoT hub")
                    .hasNoCause();
        }
    }

    @Test
    void signal_silentDevice_leavesItToTheAcceptTimeout() {
        IotHubSignaller signaller = open(builder());
        hub.canned = FakeHub.error(504, 504101);
        CompletableFuture<Result> result = signal(signaller, "device");
        await().atMost(PATIENCE).until(() -> hub.calls.size() == 1 && signaller.kept() == 0);
        assertThat(result).isNotDone();
    }

    @Test
    void signal_idInvalidForHubs_isNotSent() throws Exception {
        IotHubSignaller signaller = open(builder());
        for (String deviceId : List.of("a/b", "..", ".", "a b", "grüße", "d".repeat(129), "a\\b", "a&b")) {
            assertThat(get(signal(signaller, deviceId))).isInstanceOf(Result.Unreachable.class);
        }
        assertThat(hub.calls).isEmpty();
    }

    @Test
    void signal_many_areLimitedInProgressAndWaiting() throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        hub.connected.put("device", (name, payload, context) -> {
            try {
                stop.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new DirectMethodResponse(200, null);
        });
        try {
            IotHubSignaller signaller = open(builder().maxConcurrent(2).maxWaiting(3));
            List<CompletableFuture<Result>> results = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                results.add(signal(signaller, "device"));
            }
            assertThat(get(signal(signaller, "device"))).as("one too many").isInstanceOf(Result.Throttled.class);
            await().atMost(PATIENCE).until(() -> hub.calls.size() == 2);
            assertThat(signaller.kept()).isEqualTo(5);
            stop.countDown();
            for (CompletableFuture<Result> result : results) {
                assertThat(get(result)).isEqualTo(new Result.Delivered());
            }
            await().atMost(PATIENCE).until(() -> signaller.kept() == 0);
        } finally {
            stop.countDown();
        }
    }

    @Test
    void signal_expiresWhileQueued_isNeverSent() throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        hub.connected.put("device", (name, payload, context) -> {
            try {
                stop.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new DirectMethodResponse(200, null);
        });
        try {
            FakeScheduler scheduler = new FakeScheduler();
            IotHubSignaller signaller =
                    open(builder().maxConcurrent(1).scheduler(scheduler).clock(scheduler.clock()));
            Instant start = scheduler.clock().instant();
            CompletableFuture<Result> first = signaller
                    .signal(Samples.invitation("device", start, Duration.ofSeconds(30)))
                    .toCompletableFuture();
            await().atMost(PATIENCE).until(() -> hub.calls.size() == 1);
            CompletableFuture<Result> second = signaller
                    .signal(Samples.invitation("device", start, Duration.ofSeconds(1)))
                    .toCompletableFuture();
            scheduler.advance(Duration.ofSeconds(1));
            assertThat(failure(second)).hasMessage("the invitation has expired");
            CompletableFuture<Result> third = signal(signaller, "device");
            signaller.close();
            assertThat(failure(signal(signaller, "device"))).hasMessage("the signaller is closed");
            stop.countDown();
            assertThat(get(first)).isEqualTo(new Result.Delivered());
            assertThat(failure(third)).as("was waiting when it was closed").hasMessage("the signaller is closed");
            await().atMost(PATIENCE).until(() -> signaller.kept() == 0);
            assertThat(hub.calls).hasSize(1);
        } finally {
            stop.countDown();
        }
    }

    @Test
    void signal_wrongKey_fails() throws Exception {
        String wrong = FakeHub.CONNECTION_STRING.replace(FakeHub.KEY, "d3Jvbmc=");
        IotHubSignaller signaller = open(IotHubSignaller.builder(wrong).proxy(hub.proxy()));
        assertThat(failure(signal(signaller, "device"))).hasMessageContaining("IotHubUnauthorizedException");
        assertThat(hub.calls).isEmpty();
    }

    @Test
    void signal_tokenCredential_isSentAsBearer() throws Exception {
        List<String> scopes = new ArrayList<>();
        TokenCredential credential = context -> {
            scopes.addAll(context.getScopes());
            return Mono.just(
                    new AccessToken(FakeHub.BEARER, OffsetDateTime.now().plusHours(1)));
        };
        hub.connected.put("device", (name, payload, context) -> new DirectMethodResponse(200, null));
        IotHubSignaller signaller =
                open(IotHubSignaller.builder(FakeHub.HOST, credential).proxy(hub.proxy()));
        assertThat(get(signal(signaller, "device"))).isEqualTo(new Result.Delivered());
        assertThat(scopes).contains("https://iothubs.azure.net/.default");
        TokenCredential refused = context -> Mono.error(new IllegalStateException("secret words"));
        assertThat(failure(signal(
                        open(IotHubSignaller.builder(FakeHub.HOST, refused).proxy(hub.proxy())), "device")))
                .hasMessageNotContaining("secret words");
    }

    @Test
    void signal_untrustedCertificate_fails() throws Exception {
        SSLSocketFactory trusting = HttpsURLConnection.getDefaultSSLSocketFactory();
        HttpsURLConnection.setDefaultSSLSocketFactory((SSLSocketFactory) SSLSocketFactory.getDefault());
        try {
            assertThat(failure(signal(open(builder()), "device")))
                    .hasMessage("the IoT hub cannot be reached: SSLHandshakeException");
        } finally {
            HttpsURLConnection.setDefaultSSLSocketFactory(trusting);
        }
        assertThat(hub.calls).isEmpty();
    }

    @Test
    void builder_invalidSettings_areRefusedWithoutSecrets() {
        for (String wrong : List.of(
                "",
                "secret",
                "HostName=a/secret;SharedAccessKeyName=service;SharedAccessKey=secret",
                "HostName=" + FakeHub.HOST + ";SharedAccessKeyName=service")) {
            assertThatThrownBy(() -> IotHubSignaller.builder(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("secret")
                    .hasNoCause();
        }
        assertThatThrownBy(() -> IotHubSignaller.builder("a/b", context -> Mono.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().maxWaiting(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().methodName("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().connectTimeout(Duration.ofSeconds(301)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().acknowledgeTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(open(builder()).toString()).isEqualTo("IotHubSignaller[" + FakeHub.HOST + "]");
    }
}
