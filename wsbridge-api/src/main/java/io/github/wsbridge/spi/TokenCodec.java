package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;

/**
 * Creates and reads bridge tokens. All nodes of a cluster must be able to read each other's tokens.
 *
 * <p>Called once per bridge and node, on transport threads. Implementations must be thread-safe and must not block.
 */
public interface TokenCodec {

    /**
     * Encodes claims so that nobody without the key can read or alter them. Two calls with the same claims return
     * different tokens.
     */
    BridgeToken encode(TokenClaims claims);

    /**
     * Reads a token. Does not check the expiry; the node does that.
     *
     * @throws BridgeException with {@link CloseReason#BAD_TOKEN} if the token was not made with a key of this codec, or
     *     was altered; the message gives no further detail
     */
    TokenClaims decode(BridgeToken token) throws BridgeException;
}
