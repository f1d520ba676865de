package io.github.wsbridge.core.tokens;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Encodes bridge tokens by authenticated encryption with the cluster's {@link TokenKeys}.
 *
 * <p>The plaintext consists of one byte of version, 16 bytes of bridge id, 8 bytes of expiry in milliseconds since the
 * epoch, and the owner's address in UTF-8. The ciphertext is encoded as URL-safe base64 without padding.
 */
public final class AeadTokenCodec implements TokenCodec {

    private static final byte VERSION = 1;
    private static final int HEAD = 1 + 16 + 8;
    private static final byte[] PROTOCOL = "wsbridge bridge token v1".getBytes(StandardCharsets.UTF_8);

    private final Supplier<TokenKeys> keys;

    /** Creates a codec that fetches its keys on each call, so that they may change. */
    public AeadTokenCodec(Supplier<TokenKeys> keys) {
        this.keys = keys;
    }

    @Override
    public BridgeToken encode(TokenClaims claims) {
        byte[] owner = claims.owner().toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer plain = ByteBuffer.allocate(HEAD + owner.length)
                .put(VERSION)
                .putLong(claims.bridgeId().high())
                .putLong(claims.bridgeId().low())
                .putLong(claims.expiresAt().toEpochMilli())
                .put(owner);
        byte[] sealed = keys.get().seal(plain.array(), PROTOCOL);
        return new BridgeToken(TokenText.text(sealed));
    }

    @Override
    public TokenClaims decode(BridgeToken token) throws BridgeException {
        try {
            byte[] sealed = TokenText.bytes(token.value());
            ByteBuffer plain = ByteBuffer.wrap(keys.get().open(sealed, PROTOCOL));
            if (plain.remaining() > HEAD && plain.get() == VERSION) {
                BridgeId id = new BridgeId(plain.getLong(), plain.getLong());
                Instant expiresAt = Instant.ofEpochMilli(plain.getLong());
                String owner = StandardCharsets.UTF_8.decode(plain).toString();
                return new TokenClaims(id, NodeAddress.parse(owner), expiresAt);
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // Do not reveal what exactly is wrong with a token.
        }
        throw new BridgeException(new CloseReason(CloseReason.BAD_TOKEN, "bad token"));
    }
}
