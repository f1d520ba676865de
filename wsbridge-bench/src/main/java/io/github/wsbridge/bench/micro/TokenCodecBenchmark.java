package io.github.wsbridge.bench.micro;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.TokenClaims;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the token operations of one bridge: one encoded by its owner, one decoded by the node that the device
 * connects to.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenCodecBenchmark {

    private final AeadTokenCodec codec = codec();
    private final TokenClaims claims = new TokenClaims(
            new BridgeId(1, 2), NodeAddress.parse("ws://10.0.3.7:8080"), Instant.ofEpochMilli(1_800_000_000_000L));
    private final BridgeToken token = codec.encode(claims);

    private static AeadTokenCodec codec() {
        TokenKeys keys = TokenKeys.generate();
        return AeadTokenCodec.create(() -> keys);
    }

    /** Encodes a token. */
    @Benchmark
    public Object encode() {
        return codec.encode(claims);
    }

    /** Decodes a genuine token. */
    @Benchmark
    public Object decode() throws Exception {
        return codec.decode(token);
    }
}
