package io.github.wsbridge.testkit;

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
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Shows that the suite can be passed, with a codec of the JDK's own cryptography. */
class PlainTokenCodecTest extends TokenCodecContract {

    @Override
    protected TokenCodec codec() {
        return new GcmCodec((byte) 1);
    }

    @Override
    protected TokenCodec stranger() {
        return new GcmCodec((byte) 2);
    }

    private static final class GcmCodec implements TokenCodec {

        private final SecretKeySpec key;

        GcmCodec(byte key) {
            byte[] bytes = new byte[16];
            Arrays.fill(bytes, key);
            this.key = new SecretKeySpec(bytes, "AES");
        }

        private byte[] crypt(int mode, byte[] nonce, byte[] text) throws GeneralSecurityException {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, key, new GCMParameterSpec(128, nonce));
            return cipher.doFinal(text);
        }

        @Override
        public BridgeToken encode(TokenClaims claims) {
            byte[] owner = claims.owner().toString().getBytes(StandardCharsets.UTF_8);
            byte[] plain = ByteBuffer.allocate(24 + owner.length)
                    .putLong(claims.bridgeId().high())
                    .putLong(claims.bridgeId().low())
                    .putLong(claims.expiresAt().toEpochMilli())
                    .put(owner)
                    .array();
            byte[] nonce = new byte[12];
            new SecureRandom().nextBytes(nonce);
            try {
                String sealed = HexFormat.of().formatHex(crypt(Cipher.ENCRYPT_MODE, nonce, plain));
                return new BridgeToken(HexFormat.of().formatHex(nonce) + sealed);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public TokenClaims decode(BridgeToken token) throws BridgeException {
            try {
                byte[] bytes = HexFormat.of().parseHex(token.value());
                if (bytes.length >= 12 + 16 && !token.value().matches(".*[A-Z].*")) {
                    byte[] nonce = Arrays.copyOf(bytes, 12);
                    ByteBuffer plain = ByteBuffer.wrap(
                            crypt(Cipher.DECRYPT_MODE, nonce, Arrays.copyOfRange(bytes, 12, bytes.length)));
                    BridgeId id = new BridgeId(plain.getLong(), plain.getLong());
                    Instant expiresAt = Instant.ofEpochMilli(plain.getLong());
                    String owner = StandardCharsets.UTF_8.decode(plain).toString();
                    return new TokenClaims(id, NodeAddress.parse(owner), expiresAt);
                }
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                // not ours
            }
            throw new BridgeException(new CloseReason(CloseReason.BAD_TOKEN, "bad token"));
        }
    }
}
