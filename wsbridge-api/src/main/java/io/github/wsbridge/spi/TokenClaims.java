package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.NodeAddress;
import java.time.Instant;

/**
 * What a bridge token says once it is decrypted.
 *
 * @param bridgeId the bridge that waits
 * @param owner the node that holds its requester
 * @param expiresAt when the token stops being good; whole milliseconds
 */
public record TokenClaims(BridgeId bridgeId, NodeAddress owner, Instant expiresAt) {}
