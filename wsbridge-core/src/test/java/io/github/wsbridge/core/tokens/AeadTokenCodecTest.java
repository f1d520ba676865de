package io.github.wsbridge.core.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.testkit.TokenCodecContract;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AeadTokenCodecTest extends TokenCodecContract {

    private final TokenKeys keys = TokenKeys.generate();
    private final TokenKeys others = TokenKeys.generate();

    @Override
    protected TokenCodec codec() {
        return AeadTokenCodec.create(() -> keys);
    }

    @Test
    void decode_tokenThatNamesItsDevice_returnsIt() throws Exception {
        for (String device : List.of("pi-7", "gerät\u0800", "x".repeat(400))) {
            TokenClaims claims =
                    new TokenClaims(new BridgeId(1, -2), NodeAddress.parse("wss://a.b:1/c"), Instant.EPOCH, device);
            assertThat(codec().decode(codec().encode(claims))).isEqualTo(claims);
        }
    }

    @Test
    void decode_partsThatDoNotFit_isABadToken() {
        for (byte[] plain : List.of(
                new byte[26],
                ByteBuffer.allocate(27).put(0, (byte) 2).array(),
                ByteBuffer.allocate(30).put(0, (byte) 2).putShort(25, (short) 4).array(),
                ByteBuffer.allocate(30)
                        .put(0, (byte) 2)
                        .putShort(25, (short) -1)
                        .array())) {
            byte[] protocol = "wsbridge bridge token v1".getBytes(StandardCharsets.UTF_8);
            assertThatThrownBy(() -> codec().decode(new BridgeToken(keys.seal(plain, protocol))))
                    .isInstanceOf(BridgeException.class);
        }
    }

    @Override
    protected TokenCodec stranger() {
        return AeadTokenCodec.create(() -> others);
    }
}
