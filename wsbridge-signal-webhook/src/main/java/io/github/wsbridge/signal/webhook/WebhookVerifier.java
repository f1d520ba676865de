package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Verifies that a request to a webhook's URL is from the node, recent, and not a repetition. Thread-safe; does not
 * block.
 *
 * <p>It remembers requests for as long as their timestamp is accepted, so use one verifier for all requests to a URL.
 * If several processes share a URL, only the process that saw the first request detects a repetition.
 */
public final class WebhookVerifier {

    /** The result of verifying a request. */
    public sealed interface Verdict {

        /** From the node, and new: pass it on to the device, or call {@link WebhookVerifier#forget}. */
        record Genuine(Invitation invitation) implements Verdict {}

        /** From the node, but seen before: a retry after a lost response, or a replay. Answer as the first time. */
        record Repeated(Invitation invitation) implements Verdict {}

        /**
         * Not acceptable: do not act upon it.
         *
         * @param status the HTTP status to answer with
         * @param why a human-readable reason; contains no secrets
         */
        record Refused(int status, String why) implements Verdict {}
    }

    private final List<WebhookKey> keys;
    private final Duration window;
    private final InstantSource clock;
    private final SeenKeys seen;

    private WebhookVerifier(Builder from) {
        keys = List.copyOf(from.keys);
        window = from.window;
        clock = from.clock;
        seen = new SeenKeys(from.maxRemembered);
    }

    /**
     * Returns a builder for a verifier.
     *
     * @param keys the keys that may have signed a request, each in its own form. To rotate, add the new key here, then
     *     switch the node to it, then remove the old one
     * @throws IllegalArgumentException if {@code keys} is empty
     */
    public static Builder builder(List<WebhookKey> keys) {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("a verifier needs a key");
        }
        return new Builder(keys);
    }

    /** Returns a verifier with one key and default settings. */
    public static WebhookVerifier of(WebhookKey key) {
        return builder(List.of(key)).build();
    }

    /**
     * Verifies a request.
     *
     * @param header returns the value of a header field by its case-insensitive name, or null if it is missing
     * @param body the body's bytes as received; at most 64 KiB are accepted
     */
    public Verdict verify(Function<String, @Nullable String> header, byte[] body) {
        if (keys.stream().noneMatch(key -> key.hasFields(header))) {
            return new Verdict.Refused(401, "timestamp or signature is missing");
        }
        if (body.length > JsonMessage.MAX_BYTES) {
            return new Verdict.Refused(413, "the body is too long");
        }
        WebhookKey signer = keys.stream()
                .filter(key -> key.verifies(header, body))
                .findFirst()
                .orElse(null);
        if (signer == null) {
            return new Verdict.Refused(401, "the signature is wrong");
        }
        Instant now = clock.instant();
        Instant sent = Instant.ofEpochSecond(signer.timestamp(header).orElseThrow());
        if (Duration.between(sent, now).abs().compareTo(window) > 0) {
            return new Verdict.Refused(401, "the timestamp is too far from this clock");
        }
        Invitation invitation;
        try {
            invitation = WebhookBody.read(body);
        } catch (MalformedMessageException e) {
            return new Verdict.Refused(400, "the body is not an invitation");
        }
        // Uses the bridge id in the body, because it is signed; the header is for receivers that do not read the body.
        return switch (seen.see(invitation.bridgeId(), sent.plus(window), now)) {
            case FIRST -> new Verdict.Genuine(invitation);
            case AGAIN -> new Verdict.Repeated(invitation);
            case NO_ROOM -> new Verdict.Refused(503, "too many invitations");
        };
    }

    /**
     * Makes the next request with the same invitation count as new. Call this if a backend could not pass the
     * invitation on and answers with 5xx: the node retries, and the retry would otherwise count as a repetition.
     */
    public void forget(Invitation invitation) {
        seen.forget(invitation.bridgeId());
    }

    /** The number of keys remembered. */
    int remembered() {
        return seen.size();
    }

    /** Settings of a verifier; all optional. Not thread-safe. */
    public static final class Builder {
        private final List<WebhookKey> keys;
        private Duration window = Duration.ofMinutes(5);
        private int maxRemembered = 100_000;
        private InstantSource clock = InstantSource.system();

        private Builder(List<WebhookKey> keys) {
            this.keys = keys;
        }

        /**
         * Sets how far the node's clock may differ from this one, and so how long requests are remembered; 5 minutes by
         * default.
         */
        public Builder window(Duration value) {
            if (value.compareTo(Duration.ZERO) <= 0 || value.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("the window must be positive and at most a day");
            }
            window = value;
            return this;
        }

        /**
         * Sets how many invitations are remembered, at about 100 bytes each; 100,000 by default. Further ones within
         * twice the window are refused with 503, and the node retries.
         */
        public Builder maxRemembered(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("a limit must be at least 1");
            }
            maxRemembered = value;
            return this;
        }

        /** Sets the clock; the system clock by default. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** Builds the verifier. */
        public WebhookVerifier build() {
            return new WebhookVerifier(this);
        }
    }
}
