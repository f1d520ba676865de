package io.github.wsbridge;

import java.net.URI;
import java.time.Instant;

/**
 * What a device is told when somebody wants a bridge to it.
 *
 * @param bridgeId the bridge; safe to log
 * @param deviceId the device that is invited
 * @param token the bridge token, also part of {@code acceptUrl}; a secret
 * @param acceptUrl the URL that the device opens to accept; a secret, since it holds the token
 * @param requestData what the requester tells the device; empty where there is nothing
 * @param expiresAt when the requester stops waiting
 */
public record Invitation(
        BridgeId bridgeId, String deviceId, BridgeToken token, URI acceptUrl, String requestData, Instant expiresAt) {

    /** Shows neither token nor URL nor request data. */
    @Override
    public String toString() {
        return "Invitation[bridge " + bridgeId + " to " + deviceId + ", expires " + expiresAt + "]";
    }
}
