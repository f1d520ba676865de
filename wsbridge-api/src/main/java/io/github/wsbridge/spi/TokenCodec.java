package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;

/**
 * Makes bridge tokens and reads them. All nodes of a cluster use codecs that read each other's tokens.
 *
 * <p>Called once per bridge and node, on transport threads, by many at a time: thread-safe, and must not block.
 */
public interface TokenCodec {

    /**
     * Wraps claims so that nobody without the key can read or alter them. Two calls with the same claims give different
     * tokens.
     */
    BridgeToken encode(TokenClaims claims);

    /**
     * Reads a token. It does not look at the clock: expiry is the node's business.
     *
     * @throws BridgeException with {@link CloseReason#BAD_TOKEN} if no key of this codec made the token, or it was altered.
     *     The message says no more than that.
     */
    TokenClaims decode(BridgeToken token) throws BridgeException;
}
