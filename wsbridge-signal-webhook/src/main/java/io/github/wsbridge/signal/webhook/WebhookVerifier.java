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
 * Tells whether what came to a webhook's URL is from the node, fresh, and new. Thread-safe; does not block.
 *
 * <p>It remembers what it has seen for as long as the timestamp would pass. So one verifier serves all requests of a URL; where
 * several processes share one, each repetition is found only by the process that saw the first.
 */
public final class WebhookVerifier {

    /** What a request is. */
    public sealed interface Verdict {

        /** The node's, and new: carry it to the device, or else {@link WebhookVerifier#forget} it. */
        record Genuine(Invitation invitation) implements Verdict {}

        /** The node's, but seen before: a retry whose first answer was lost, or a replay. Answer as the first time. */
        record Repeated(Invitation invitation) implements Verdict {}

        /**
         * Not to be acted upon.
         *
         * @param status the HTTP status to answer with
         * @param why for people; never a secret
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
     * Starts to describe a verifier.
     *
     * @param keys each may have signed: to rotate, add the new key here, then change the node's, then drop the old one
     * @throws IllegalArgumentException if there is none
     */
    public static Builder builder(List<WebhookKey> keys) {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("a verifier needs a key");
        }
        return new Builder(keys);
    }

    /** A verifier with one key and the defaults. */
    public static WebhookVerifier of(WebhookKey key) {
        return builder(List.of(key)).build();
    }

    /**
     * Judges a request.
     *
     * @param header gives the value of a header field by its name, null where it is missing; names in any case
     * @param body the body's bytes as they came; at most 64 KiB are taken
     */
    public Verdict verify(Function<String, @Nullable String> header, byte[] body) {
        String signature = header.apply(WebhookHeaders.SIGNATURE);
        String time = header.apply(WebhookHeaders.TIMESTAMP);
        if (signature == null || time == null || !time.matches("[0-9]{1,12}")) {
            return new Verdict.Refused(401, "timestamp or signature is missing");
        }
        if (body.length > JsonMessage.MAX_BYTES) {
            return new Verdict.Refused(413, "the body is too long");
        }
        long timestamp = Long.parseLong(time);
        if (keys.stream().noneMatch(key -> key.verifies(signature, timestamp, body))) {
            return new Verdict.Refused(401, "the signature is not right");
        }
        Instant now = clock.instant();
        Instant sent = Instant.ofEpochSecond(timestamp);
        if (Duration.between(sent, now).abs().compareTo(window) > 0) {
            return new Verdict.Refused(401, "the timestamp is too far from this clock");
        }
        Invitation invitation;
        try {
            invitation = WebhookBody.read(body);
        } catch (MalformedMessageException e) {
            return new Verdict.Refused(400, "the body is not an invitation");
        }
        // The body's name of the bridge, since it is signed: the header of that name is for those who do not read the
        // body.
        return switch (seen.see(invitation.bridgeId(), sent.plus(window), now)) {
            case FIRST -> new Verdict.Genuine(invitation);
            case AGAIN -> new Verdict.Repeated(invitation);
            case NO_ROOM -> new Verdict.Refused(503, "too many invitations at a time");
        };
    }

    /**
     * Lets the next request with an invitation pass as new. For a backend that could not carry it on and answers with 5xx: the
     * node tries again, and without this that would be a repetition of what nobody has acted upon.
     */
    public void forget(Invitation invitation) {
        seen.forget(invitation.bridgeId());
    }

    /** How many keys are remembered. */
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

        /** How far the node's clock and this one may be apart, and how long a repetition is remembered; 5 minutes by default. */
        public Builder window(Duration value) {
            if (value.compareTo(Duration.ZERO) <= 0 || value.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("a window is more than nothing and at most a day");
            }
            window = value;
            return this;
        }

        /**
         * How many invitations are remembered, of about 100 bytes each; 100,000 by default. More within twice the window are
         * refused with 503, and the node tries again.
         */
        public Builder maxRemembered(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("a bound is at least one");
            }
            maxRemembered = value;
            return this;
        }

        /** The clock; the system's by default. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** Makes the verifier. */
        public WebhookVerifier build() {
            return new WebhookVerifier(this);
        }
    }
}
