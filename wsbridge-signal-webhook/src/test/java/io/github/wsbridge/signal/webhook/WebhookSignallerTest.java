package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.grack.nanojson.JsonParser;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.transport.TestProxy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The request, and what the answers mean. */
class WebhookSignallerTest extends WebhookSignallerFixture {

    @Test
    void signal_request_isSignedJson() throws Exception {
        WebhookSignaller signaller = open(builder().header("Authorization", "Bearer hidden"));
        String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        Invitation invitation = Samples.invitation().with(TraceContext.of(parent, "a=1"));
        assertThat(get(signaller.signal(invitation).toCompletableFuture())).isEqualTo(new Result.Delivered());
        Backend.Request request = backend.requests.get(0);
        assertThat(request.header("traceparent")).isEqualTo(parent);
        assertThat(request.header("tracestate")).isEqualTo("a=1");
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
                .containsEntry("traceparent", parent)
                .containsEntry("deviceId", "device-1")
                .containsEntry("bridgeToken", invitation.token().value())
                .containsEntry("acceptUrl", invitation.acceptUrl().toString())
                .containsEntry("requestData", "ssh")
                .containsEntry("expiresAt", invitation.expiresAt().toString());
        assertThat(WebhookVerifier.of(Samples.KEY).verify(request::header, request.body()))
                .isEqualTo(new WebhookVerifier.Verdict.Genuine(invitation));
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void signal_throughAProxyWithUser_works(ProxyServer.Protocol protocol) throws Exception {
        try (TestProxy proxy = TestProxy.forUser("al", "secret")) {
            WebhookSignaller signaller = open(builder().proxies(Proxies.of(proxy.server(protocol, "al", "secret"))));
            assertThat(get(signal(signaller))).isEqualTo(new Result.Delivered());
            assertThat(get(signal(signaller))).isEqualTo(new Result.Delivered());
            assertThat(proxy.targets())
                    .isNotEmpty()
                    .allMatch(target -> target.endsWith(":" + backend.url().getPort()));
        }
    }

    @Test
    void signal_throughAProxyThatWantsAUser_saysWhatToSet() throws Exception {
        try (TestProxy proxy = TestProxy.forUser("al", "secret")) {
            WebhookSignaller signaller =
                    open(builder().proxies(Proxies.of(proxy.server(ProxyServer.Protocol.HTTP, "", ""))));
            assertThat(failure(signal(signaller)))
                    .hasMessageContaining(
                            "407: a proxy wants a user and a password; write them into its URL (--proxy)");
        }
    }

    @Test
    void signal_answers_haveTheirMeanings() throws Exception {
        WebhookSignaller signaller = open(builder());
        Map<String, Result> answers = new LinkedHashMap<>();
        answers.put("200 ", new Result.Delivered());
        answers.put("200 {}", new Result.Delivered());
        answers.put("201 {\"result\":\"delivered\",\"more\":[{}]}", new Result.Delivered());
        for (String words :
                List.of("OK", "<html>", "\"OK\"", "[1]", "[".repeat(16_000), "{\"result\":\"maybe\"}", "{\"ok\":1}")) {
            answers.put("200 " + words, new Result.Delivered());
        }
        answers.put("200 " + "<p>".repeat(20_000), new Result.Delivered());
        answers.put("404 " + "<p>".repeat(20_000), new Result.Unreachable("the webhook does not know the device"));
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
        assertThat(backend.requests).as("no channel is tried twice").hasSize(answers.size());
    }

    @Test
    void signal_unknownAnswers_fail() throws Exception {
        WebhookSignaller signaller = open(builder());
        List<String> answers = List.of("200 {\"result\":\"rejected\",\"code\":10000}", "400 ", "401 ", "403 ");
        for (String answer : answers) {
            backend.behaviour =
                    request -> request.answer(Integer.parseInt(answer.substring(0, 3)), answer.substring(4));
            assertThat(failure(signal(signaller)))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("the webhook");
        }
        assertThat(backend.requests).as("no channel is tried twice").hasSize(answers.size());
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
}
