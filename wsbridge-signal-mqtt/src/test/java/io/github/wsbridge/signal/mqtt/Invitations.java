package io.github.wsbridge.signal.mqtt;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;

/** Creates invitations as a node does. */
final class Invitations {

    private static final URI BASE = URI.create("wss://bridge.example.com");

    private Invitations() {}

    static Invitation to(String deviceId) {
        return to(deviceId, Duration.ofMinutes(1));
    }

    static Invitation to(String deviceId, Duration life) {
        return to(deviceId, Instant.now().plus(life).truncatedTo(ChronoUnit.MILLIS));
    }

    static Invitation to(String deviceId, Instant expiresAt) {
        BridgeId id = BridgeId.random(ThreadLocalRandom.current());
        BridgeToken token = new BridgeToken("secret-" + id);
        return new Invitation(id, deviceId, token, Endpoints.accept(BASE, token, "data"), "data", "alice", expiresAt);
    }
}
