package io.github.wsbridge.signal.kafka;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;

/** Samples. */
final class Invitations {

    private Invitations() {}

    static Invitation of(String deviceId, Duration life) {
        return of(deviceId, Instant.now().plus(life).truncatedTo(ChronoUnit.MILLIS));
    }

    static Invitation of(String deviceId, Instant expiry) {
        BridgeToken token = new BridgeToken("secret");
        URI url = Endpoints.accept(URI.create("wss://bridge.example.com"), token, "data");
        BridgeId id = new BridgeId(ThreadLocalRandom.current().nextLong(), 2);
        return new Invitation(id, deviceId, token, url, "data", "alice", expiry);
    }
}
