package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.signal.webhook.WebhookVerifier.Verdict;
import io.github.wsbridge.testkit.FakeClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class WebhookVerifierTest {

    private final FakeClock clock = new FakeClock();

    private WebhookVerifier verifier(WebhookKey... keys) {
        return WebhookVerifier.builder(List.of(keys)).clock(clock).build();
    }

    private Invitation invitation() {
        return Samples.invitation("device-1", clock.instant(), Duration.ofSeconds(30));
    }

    /** Verifies a request that was signed at a time. */
    private static Verdict verify(WebhookVerifier verifier, WebhookKey key, Instant sent, byte[] body) {
        return verify(verifier, Long.toString(sent.getEpochSecond()), key.sign(sent.getEpochSecond(), body), body);
    }

    private static Verdict verify(WebhookVerifier verifier, String timestamp, String signature, byte[] body) {
        Map<String, String> headers = new HashMap<>();
        headers.put(WebhookHeaders.TIMESTAMP, timestamp);
        headers.put(WebhookHeaders.SIGNATURE, signature);
        return verifier.verify(headers::get, body);
    }

    private static int status(Verdict verdict) {
        return verdict instanceof Verdict.Refused refused ? refused.status() : 200;
    }

    @Test
    void verify_signed_isGenuineOnceThenRepeated() {
        WebhookVerifier verifier = verifier(Samples.KEY);
        Invitation invitation = invitation();
        byte[] body = WebhookBody.write(invitation);
        assertThat(verify(verifier, Samples.KEY, clock.instant(), body)).isEqualTo(new Verdict.Genuine(invitation));
        clock.advance(Duration.ofSeconds(2));
        assertThat(verify(verifier, Samples.KEY, clock.instant(), body)).isEqualTo(new Verdict.Repeated(invitation));
        assertThat(verify(verifier, Samples.KEY, clock.instant().minusSeconds(2), body))
                .as("the first request again")
                .isEqualTo(new Verdict.Repeated(invitation));
    }

    @Test
    void forget_undelivered_isGenuineAgain() {
        WebhookVerifier verifier = verifier(Samples.KEY);
        Invitation invitation = invitation();
        byte[] body = WebhookBody.write(invitation);
        verify(verifier, Samples.KEY, clock.instant(), body);
        verifier.forget(invitation);
        assertThat(verify(verifier, Samples.KEY, clock.instant(), body)).isEqualTo(new Verdict.Genuine(invitation));
        assertThat(verify(verifier, Samples.KEY, clock.instant(), body)).isEqualTo(new Verdict.Repeated(invitation));
    }

    @Test
    void builder_invalidSettings_areRefused() {
        WebhookVerifier.Builder builder = WebhookVerifier.builder(List.of(Samples.KEY));
        assertThatThrownBy(() -> builder.window(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.maxRemembered(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void verify_wrongSignature_isRefused() {
        WebhookVerifier verifier = verifier(Samples.KEY);
        byte[] body = WebhookBody.write(invitation());
        long time = clock.instant().getEpochSecond();
        String timestamp = Long.toString(time);
        String right = Samples.KEY.sign(time, body);
        assertThat(verify(verifier, Samples.OTHER, clock.instant(), body))
                .isEqualTo(new Verdict.Refused(401, "the signature is wrong"));
        for (String wrong : List.of(
                "",
                "v1=",
                right.substring(0, right.length() - 1),
                right + "0",
                right.substring(3),
                right.replace("v1", "v2"))) {
            assertThat(status(verify(verifier, timestamp, wrong, body)))
                    .as(wrong)
                    .isEqualTo(401);
        }
        assertThat(status(verify(verifier, Long.toString(time + 1), right, body)))
                .isEqualTo(401);
        for (int i = 0; i < body.length; i++) {
            byte[] changed = body.clone();
            changed[i] ^= 1;
            assertThat(status(verify(verifier, timestamp, right, changed))).isEqualTo(401);
        }
        assertThat(status(verify(verifier, timestamp, right, body))).isEqualTo(200);
    }

    @Test
    void verify_missingOrGarbledHeaders_areRefused() {
        WebhookVerifier verifier = verifier(Samples.KEY);
        byte[] body = WebhookBody.write(invitation());
        String right = Samples.KEY.sign(clock.instant().getEpochSecond(), body);
        assertThat(status(verify(verifier, null, right, body))).isEqualTo(401);
        assertThat(status(verify(verifier, Long.toString(clock.instant().getEpochSecond()), null, body)))
                .isEqualTo(401);
        for (String time : List.of("", "now", "-1", "1e9", "9".repeat(13), "99999999999999999999999", "٣")) {
            assertThat(status(verify(verifier, time, right, body))).as(time).isEqualTo(401);
        }
        assertThat(verify(verifier, Samples.KEY, Instant.ofEpochSecond(999_999_999_999L), body))
                .isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void verify_clockSkew_passesWithinTheWindowOnly() {
        Duration window = Duration.ofMinutes(5);
        for (Duration skew : List.of(window, window.negated(), Duration.ZERO)) {
            byte[] body = WebhookBody.write(invitation());
            assertThat(verify(
                            verifier(Samples.KEY), Samples.KEY, clock.instant().plus(skew), body))
                    .isInstanceOf(Verdict.Genuine.class);
        }
        for (Duration skew :
                List.of(window.plusSeconds(1), window.plusSeconds(1).negated())) {
            byte[] body = WebhookBody.write(invitation());
            assertThat(verify(
                            verifier(Samples.KEY), Samples.KEY, clock.instant().plus(skew), body))
                    .isEqualTo(new Verdict.Refused(401, "the timestamp is too far from this clock"));
        }
    }

    @Test
    void verify_replay_neverPassesAsNew() {
        WebhookVerifier verifier = WebhookVerifier.builder(List.of(Samples.KEY))
                .clock(clock)
                .maxRemembered(1)
                .build();
        Instant sent = clock.instant().plus(Duration.ofMinutes(5)); // the sender's clock is ahead
        byte[] body = WebhookBody.write(invitation());
        assertThat(verify(verifier, Samples.KEY, sent, body)).isInstanceOf(Verdict.Genuine.class);
        byte[] other = WebhookBody.write(invitation());
        for (int minute = 0; minute < 10; minute++) {
            assertThat(status(verify(verifier, Samples.KEY, clock.instant(), other)))
                    .as("no room for another, which would evict the first")
                    .isEqualTo(503);
            assertThat(verify(verifier, Samples.KEY, sent, body)).isInstanceOf(Verdict.Repeated.class);
            clock.advance(Duration.ofMinutes(1));
        }
        clock.advance(Duration.ofSeconds(1));
        assertThat(status(verify(verifier, Samples.KEY, sent, body))).isEqualTo(401);
        assertThat(verify(verifier, Samples.KEY, clock.instant(), other)).isInstanceOf(Verdict.Genuine.class);
        assertThat(verifier.remembered()).isEqualTo(1);
    }

    @Test
    void verify_rotation_acceptsOldAndNewUntilTheOldIsRemoved() {
        WebhookVerifier both = verifier(Samples.KEY, Samples.OTHER);
        assertThat(status(verify(both, Samples.KEY, clock.instant(), WebhookBody.write(invitation()))))
                .isEqualTo(200);
        assertThat(status(verify(both, Samples.OTHER, clock.instant(), WebhookBody.write(invitation()))))
                .isEqualTo(200);
        assertThat(status(
                        verify(verifier(Samples.OTHER), Samples.KEY, clock.instant(), WebhookBody.write(invitation()))))
                .isEqualTo(401);
        assertThatThrownBy(() -> WebhookVerifier.builder(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void verify_signedNonsense_isRefused() {
        WebhookVerifier verifier = verifier(Samples.KEY);
        for (String body : List.of("", "[]", "{}", "{\"type\":\"invitation\"}", "[".repeat(60_000))) {
            assertThat(verify(verifier, Samples.KEY, clock.instant(), body.getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(new Verdict.Refused(400, "the body is not an invitation"));
        }
        assertThat(status(verify(verifier, Samples.KEY, clock.instant(), new byte[64 * 1024 + 1])))
                .isEqualTo(413);
        assertThat(verifier.remembered()).isZero();
    }

    /** The example in docs/recipes.md. */
    @Test
    void verify_documentedExample_isGenuine() throws Exception {
        String recipes = Files.readString(Path.of("..", "docs", "recipes.md"));
        String body = find(recipes, "(?m)^\\{\"type\":\"invitation\".*\\}$");
        String timestamp = find(recipes, "(?m)^Wsbridge-Timestamp: (\\d+)$");
        String signature = find(recipes, "(?m)^Wsbridge-Signature: (\\S+)$");
        String key = find(recipes, "(?m)^key: (.+)$");
        FakeClock then = new FakeClock(Instant.ofEpochSecond(Long.parseLong(timestamp)));
        WebhookVerifier verifier =
                WebhookVerifier.builder(List.of(WebhookKey.of(key))).clock(then).build();
        assertThat(verify(verifier, timestamp, signature, body.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOfSatisfying(
                        Verdict.Genuine.class,
                        genuine -> assertThat(genuine.invitation().deviceId()).isEqualTo("device-1"));
    }

    private static String find(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(matcher.groupCount());
    }
}
