package io.github.wsbridge.core.tokens;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Encodes bridge tokens by authenticated encryption with the cluster's {@link TokenKeys}.
 *
 * <p>The plaintext consists of one byte of version, 16 bytes of bridge id, 8 bytes of expiry in milliseconds since the
 * epoch, and the owner's address in UTF-8. In version 2, the length of the address in bytes (2 bytes) precedes it, and
 * the device id in UTF-8 follows it. The ciphertext is encoded as URL-safe base64 without padding.
 */
public final class AeadTokenCodec implements TokenCodec {

    private static final byte VERSION = 1;
    private static final byte WITH_DEVICE = 2;
    private static final int HEAD = 1 + 16 + 8;
    private static final byte[] PROTOCOL = "wsbridge bridge token v1".getBytes(StandardCharsets.UTF_8);

    private final Supplier<TokenKeys> keys;

    /** Creates a codec that fetches its keys on each call, so that they may change. */
    public static AeadTokenCodec create(Supplier<TokenKeys> keys) {
        return new AeadTokenCodec(keys);
    }

    private AeadTokenCodec(Supplier<TokenKeys> keys) {
        this.keys = keys;
    }

    @Override
    public BridgeToken encode(TokenClaims claims) {
        byte[] owner = claims.owner().toString().getBytes(StandardCharsets.UTF_8);
        byte[] device = claims.deviceId().getBytes(StandardCharsets.UTF_8);
        boolean named = device.length > 0;
        ByteBuffer plain = ByteBuffer.allocate(HEAD + owner.length + (named ? Short.BYTES + device.length : 0))
                .put(named ? WITH_DEVICE : VERSION)
                .putLong(claims.bridgeId().high())
                .putLong(claims.bridgeId().low())
                .putLong(claims.expiresAt().toEpochMilli());
        if (named) {
            plain.putShort((short) owner.length).put(owner).put(device);
        } else {
            plain.put(owner);
        }
        return new BridgeToken(keys.get().seal(plain.array(), PROTOCOL));
    }

    @Override
    public TokenClaims decode(BridgeToken token) throws BridgeException {
        try {
            ByteBuffer plain = ByteBuffer.wrap(keys.get().open(token.value(), PROTOCOL));
            byte version = plain.remaining() > HEAD ? plain.get() : 0;
            if (version == VERSION || version == WITH_DEVICE) {
                BridgeId id = new BridgeId(plain.getLong(), plain.getLong());
                Instant expiresAt = Instant.ofEpochMilli(plain.getLong());
                String owner = text(plain, version == VERSION ? plain.remaining() : plain.getShort());
                return new TokenClaims(id, NodeAddress.parse(owner), expiresAt, text(plain, plain.remaining()));
            }
        } catch (GeneralSecurityException | IllegalArgumentException | BufferUnderflowException e) {
            // Do not reveal what exactly is wrong with a token.
        }
        throw new BridgeException(new CloseReason(CloseReason.BAD_TOKEN, "bad token"));
    }

    private static String text(ByteBuffer from, int length) {
        ByteBuffer part = from.slice(from.position(), checked(length, from.remaining()));
        from.position(from.position() + length);
        return StandardCharsets.UTF_8.decode(part).toString();
    }

    private static int checked(int length, int most) {
        if (length < 0 || length > most) {
            throw new IllegalArgumentException("not the length of a part");
        }
        return length;
    }
}
