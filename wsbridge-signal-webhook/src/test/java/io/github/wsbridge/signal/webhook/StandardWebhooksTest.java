package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.signal.webhook.WebhookVerifier.Verdict;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The signatures of Standard Webhooks, with the test vector that its own libraries have. */
class StandardWebhooksTest extends WebhookSignallerFixture {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final WebhookKey KEY = WebhookKey.standard(SECRET);
    private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private static final long TIME = 1_614_265_330;
    private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);
    private static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private final FakeClock clock = new FakeClock(Instant.ofEpochSecond(TIME));

    private Verdict verify(String id, long time, String signature, byte[] body, WebhookKey... keys) {
        Map<String, String> fields = new HashMap<>();
        fields.put("webhook-id", id);
        fields.put("webhook-timestamp", Long.toString(time));
        fields.put("webhook-signature", signature);
        return WebhookVerifier.builder(List.of(keys)).clock(clock).build().verify(fields::get, body);
    }

    /** The body of the test vector is no invitation, which is found out after its signature has been checked. */
    private static boolean genuine(Verdict verdict) {
        return verdict.equals(new Verdict.Refused(400, "the body is not an invitation"));
    }

    @Test
    void fields_ofTheTestVector_areThoseOfTheSpecification() {
        assertThat(KEY.fields(ID, TIME, BODY))
                .containsOnly(
                        Map.entry("webhook-id", ID),
                        Map.entry("webhook-timestamp", "1614265330"),
                        Map.entry("webhook-signature", SIGNATURE));
    }

    @Test
    void verify_testVector_isSigned() {
        assertThat(genuine(verify(ID, TIME, SIGNATURE, BODY, KEY))).isTrue();
        assertThat(genuine(verify(ID, TIME, "v1a,xyz v1,AAAA " + SIGNATURE, BODY, Samples.KEY, KEY)))
                .as("one of several signatures, and of several keys")
                .isTrue();
    }

    @Test
    void verify_anythingElse_isRefused() {
        Verdict wrong = new Verdict.Refused(401, "the signature is wrong");
        byte[] other = "{\"test\": 2432232315}".getBytes(StandardCharsets.UTF_8);
        assertThat(verify(ID, TIME, SIGNATURE, other, KEY)).isEqualTo(wrong);
        assertThat(verify(ID + "x", TIME, SIGNATURE, BODY, KEY)).isEqualTo(wrong);
        assertThat(verify(ID, TIME + 1, SIGNATURE, BODY, KEY)).isEqualTo(wrong);
        assertThat(verify(ID, TIME, SIGNATURE.replace("v1,", "v2,"), BODY, KEY)).isEqualTo(wrong);
        assertThat(verify(ID, TIME, SIGNATURE, BODY, WebhookKey.standard("whsec_" + "A".repeat(32))))
                .isEqualTo(wrong);
        Verdict missing = new Verdict.Refused(401, "timestamp or signature is missing");
        assertThat(verify(ID, TIME, SIGNATURE, BODY, WebhookKey.of(SECRET)))
                .as("the same text as a key of the other form")
                .isEqualTo(missing);
        assertThat(verify(null, TIME, SIGNATURE, BODY, KEY)).isEqualTo(missing);
        clock.advance(Duration.ofMinutes(6));
        assertThat(verify(ID, TIME, SIGNATURE, BODY, KEY))
                .isEqualTo(new Verdict.Refused(401, "the timestamp is too far from this clock"));
    }

    @Test
    void signal_request_hasOnlyTheStandardFields() throws Exception {
        WebhookSignaller signaller = open(WebhookSignaller.builder(backend.url(), KEY));
        Invitation invitation = Samples.invitation();
        assertThat(get(signaller.signal(invitation).toCompletableFuture())).isEqualTo(new Result.Delivered());
        Backend.Request request = backend.requests.get(0);
        assertThat(request.header("webhook-id")).isEqualTo(invitation.bridgeId().toString());
        assertThat(request.header("Wsbridge-Signature")).isNull();
        assertThat(WebhookVerifier.of(KEY).verify(request::header, request.body()))
                .isEqualTo(new Verdict.Genuine(invitation));
    }

    @Test
    void standard_otherTexts_areRefusedWithoutQuotingThem() {
        for (String text : List.of(
                "",
                "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "whsec_",
                "whsec_MfKQ9r8GKYqr",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!!",
                "whsec_" + "A".repeat(88))) {
            assertThatThrownBy(() -> WebhookKey.standard(text))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a secret for Standard Webhooks must be whsec_, followed by 24 to 64 bytes in base64")
                    .hasNoCause();
        }
        assertThat(WebhookKey.standard(" " + SECRET + "\n").fields(ID, TIME, BODY))
                .containsEntry("webhook-signature", SIGNATURE);
    }
}
