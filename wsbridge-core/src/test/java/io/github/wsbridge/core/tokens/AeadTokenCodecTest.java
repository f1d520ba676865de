package io.github.wsbridge.core.tokens;

import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.testkit.TokenCodecContract;

class AeadTokenCodecTest extends TokenCodecContract {

    private final TokenKeys keys = TokenKeys.generate();
    private final TokenKeys others = TokenKeys.generate();

    @Override
    protected TokenCodec codec() {
        return AeadTokenCodec.create(() -> keys);
    }

    @Override
    protected TokenCodec stranger() {
        return AeadTokenCodec.create(() -> others);
    }
}
