package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;

/** Invitations. */
final class Samples {

    private Samples() {}

    static Invitation invitation(String deviceId, Duration life) {
        return invitation(deviceId, Instant.now(), life);
    }

    static Invitation invitation(String deviceId, Instant now, Duration life) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        BridgeToken token = new BridgeToken("tok_-" + random.nextLong(Long.MAX_VALUE));
        return new Invitation(
                new BridgeId(random.nextLong(), random.nextLong()),
                deviceId,
                token,
                Endpoints.accept(URI.create("wss://bridge.example.com"), token, "ssh 22"),
                "ssh 22",
                "alice",
                now.plus(life).truncatedTo(ChronoUnit.MILLIS));
    }

    static Invitation invitation(String deviceId) {
        return invitation(deviceId, Duration.ofSeconds(30));
    }
}
