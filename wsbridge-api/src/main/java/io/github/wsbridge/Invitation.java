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
 * @param trace the trace to which setting up the bridge belongs
 */
public record Invitation(
        BridgeId bridgeId,
        String deviceId,
        BridgeToken token,
        URI acceptUrl,
        String requestData,
        String principal,
        String reason,
        Instant expiresAt,
        TraceContext trace) {

    /** An invitation without a trace. */
    public Invitation(
            BridgeId bridgeId,
            String deviceId,
            BridgeToken token,
            URI acceptUrl,
            String requestData,
            String principal,
            String reason,
            Instant expiresAt) {
        this(bridgeId, deviceId, token, acceptUrl, requestData, principal, reason, expiresAt, TraceContext.NONE);
    }

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

    /** Returns the same invitation with another trace. */
    public Invitation with(TraceContext other) {
        return trace.equals(other)
                ? this
                : new Invitation(
                        bridgeId, deviceId, token, acceptUrl, requestData, principal, reason, expiresAt, other);
    }

    /** Omits the token, the URL, the request data and the reason. */
    @Override
    public String toString() {
        return "Invitation[bridge " + bridgeId + " to " + deviceId + ", expires " + expiresAt + "]";
    }
}
