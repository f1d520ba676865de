package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.NodeAddress;
import java.time.Instant;

/**
 * The decrypted content of a bridge token.
 *
 * @param bridgeId the pending bridge
 * @param owner the node that holds the bridge's requester
 * @param expiresAt when the token expires, in whole milliseconds
 * @param deviceId the device that it is for; empty if the token does not say
 */
public record TokenClaims(BridgeId bridgeId, NodeAddress owner, Instant expiresAt, String deviceId) {

    /** The content of a token that does not name its device. */
    public TokenClaims(BridgeId bridgeId, NodeAddress owner, Instant expiresAt) {
        this(bridgeId, owner, expiresAt, "");
    }
}
