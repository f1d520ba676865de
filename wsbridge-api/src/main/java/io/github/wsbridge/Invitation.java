package io.github.wsbridge;

import java.net.URI;
import java.time.Instant;

/**
 * What a device receives when a requester wants a bridge to it.
 *
 * @param bridgeId the id of the bridge; safe to log
 * @param deviceId the invited device
 * @param token the bridge token, also part of {@code acceptUrl}; a secret
 * @param acceptUrl the URL that the device opens to accept; a secret, since it contains the token
 * @param requestData data from the requester for the device; may be empty
 * @param principal who requests the bridge, as the node's access policy calls them; empty if the node does not say
 * @param reason why, in the requester's own words, which nobody has checked; may be empty
 * @param expiresAt when the requester stops waiting
 */
public record Invitation(
        BridgeId bridgeId,
        String deviceId,
        BridgeToken token,
        URI acceptUrl,
        String requestData,
        String principal,
        String reason,
        Instant expiresAt) {

    /** An invitation without a reason. */
    public Invitation(
            BridgeId bridgeId,
            String deviceId,
            BridgeToken token,
            URI acceptUrl,
            String requestData,
            String principal,
            Instant expiresAt) {
        this(bridgeId, deviceId, token, acceptUrl, requestData, principal, "", expiresAt);
    }

    /** Omits the token, the URL, the request data and the reason. */
    @Override
    public String toString() {
        return "Invitation[bridge " + bridgeId + " to " + deviceId + ", expires " + expiresAt + "]";
    }
}
