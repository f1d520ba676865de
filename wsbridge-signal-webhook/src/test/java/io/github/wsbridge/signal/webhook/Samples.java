package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;

/** Keys and invitations. */
final class Samples {

    static final WebhookKey KEY = WebhookKey.of("an example key of more than 32 bytes");
    static final WebhookKey OTHER = WebhookKey.of("another example key of more than 32 bytes");

    private Samples() {}

    static Invitation invitation(String deviceId, Instant now, Duration life) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        BridgeToken token = new BridgeToken("tok_-" + random.nextLong(Long.MAX_VALUE));
        return new Invitation(
                new BridgeId(random.nextLong(), random.nextLong()),
                deviceId,
                token,
                Endpoints.accept(URI.create("wss://bridge.example.com"), token, "ssh"),
                "ssh",
                "alice",
                now.plus(life).truncatedTo(ChronoUnit.MILLIS));
    }

    static Invitation invitation() {
        return invitation("device-1", Instant.now(), Duration.ofMinutes(1));
    }
}
