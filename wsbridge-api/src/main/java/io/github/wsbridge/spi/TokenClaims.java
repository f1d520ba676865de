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
 */
public record TokenClaims(BridgeId bridgeId, NodeAddress owner, Instant expiresAt) {}
