package io.github.wsbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract of {@link TokenCodec}. */
public abstract class TokenCodecContract {

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static final int GARBLED = 20_000;

    private final Random random = new Random(7); // the same in each run

    /** Creates the suite. */
    protected TokenCodecContract() {}

    /** Returns a codec under test. All of them can read each other's tokens, like those of one cluster. */
    protected abstract TokenCodec codec() throws Exception;

    /** Returns a codec with other keys than {@link #codec}'s. */
    protected abstract TokenCodec stranger() throws Exception;

    @Test
    void decode_ownToken_returnsTheClaims() throws Exception {
        TokenCodec codec = codec();
        for (TokenClaims claims : samples()) {
            assertThat(codec.decode(codec.encode(claims))).isEqualTo(claims);
        }
    }

    @Test
    void decode_tokenOfAnotherNode_returnsTheClaims() throws Exception {
        TokenCodec mine = codec();
        TokenCodec other = codec();
        for (TokenClaims claims : samples()) {
            assertThat(mine.decode(other.encode(claims))).isEqualTo(claims);
            assertThat(other.decode(mine.encode(claims))).isEqualTo(claims);
        }
    }

    @Test
    void decode_expiredToken_isLeftToTheNode() throws Exception {
        TokenClaims claims = claims("ws://10.1.2.3:8080", Instant.EPOCH);
        assertThat(codec().decode(codec().encode(claims))).isEqualTo(claims);
    }

    @Test
    void encode_sameClaims_giveDifferentTokens() throws Exception {
        TokenCodec codec = codec();
        TokenClaims claims = samples().get(0);
        Set<BridgeToken> tokens = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            tokens.add(codec.encode(claims));
        }
        assertThat(tokens).hasSize(1000);
    }

    @Test
    void encode_token_showsNothingOfItsClaims() throws Exception {
        TokenClaims claims = claims("ws://owner.cluster.internal:8080", Instant.EPOCH);
        TokenCodec codec = codec();
        BridgeToken token = codec.encode(claims);
        byte[] bytes = Base64.getUrlDecoder().decode(token.value());
        assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                .doesNotContain("cluster")
                .doesNotContain("8080");
        assertThat(token.value()).doesNotContain(claims.bridgeId().toString());
        assertThat(token.toString()).doesNotContain(token.value());
        assertThat(codec.toString()).doesNotContain(token.value());
    }

    @Test
    void encode_longAddress_fitsIntoAToken() throws Exception {
        TokenCodec codec = codec();
        String name = "n".repeat(60) + "." + "d".repeat(60) + ".svc.cluster.local";
        TokenClaims claims = claims("wss://" + name + ":65535/base/path", Instant.parse("9999-12-31T23:59:59.999Z"));
        BridgeToken token = codec.encode(claims);
        assertThat(token.value()).hasSizeLessThanOrEqualTo(BridgeToken.MAX_LENGTH);
        assertThat(codec.decode(token)).isEqualTo(claims);
    }

    @Test
    void decode_tokenOfForeignKeys_isRefused() throws Exception {
        TokenCodec codec = codec();
        TokenCodec stranger = stranger();
        for (int i = 0; i < 100; i++) {
            refuses(codec, stranger.encode(samples().get(i % samples().size())).value());
        }
    }

    @Test
    void decode_everyTruncation_isRefused() throws Exception {
        TokenCodec codec = codec();
        for (TokenClaims claims : samples()) {
            String token = codec.encode(claims).value();
            for (int length = 1; length < token.length(); length++) {
                refuses(codec, token.substring(0, length));
                refuses(codec, token.substring(length));
            }
            refuses(codec, token + "A");
            refuses(codec, token + token);
        }
    }

    @Test
    void decode_anyCharacterAltered_isRefused() throws Exception {
        TokenCodec codec = codec();
        String token = codec.encode(samples().get(0)).value();
        for (int i = 0; i < token.length(); i++) {
            for (int c = 0; c < ALPHABET.length(); c++) {
                if (token.charAt(i) != ALPHABET.charAt(c)) {
                    refuses(codec, token.substring(0, i) + ALPHABET.charAt(c) + token.substring(i + 1));
                }
            }
        }
    }

    @Test
    void decode_garbledToken_isRefused() throws Exception {
        TokenCodec codec = codec();
        String token = codec.encode(samples().get(0)).value();
        for (int i = 0; i < GARBLED; i++) {
            StringBuilder garbled = new StringBuilder(token);
            int changes = 1 + random.nextInt(8);
            for (int j = 0; j < changes; j++) {
                garbled.setCharAt(random.nextInt(token.length()), anyCharacter());
            }
            if (!garbled.toString().equals(token)) {
                refuses(codec, garbled.toString());
            }
        }
    }

    @Test
    void decode_randomText_isRefused() throws Exception {
        TokenCodec codec = codec();
        for (int i = 0; i < GARBLED; i++) {
            int length = 1 + random.nextInt(i % 100 == 0 ? BridgeToken.MAX_LENGTH : 200);
            StringBuilder text = new StringBuilder();
            while (text.length() < length) {
                text.append(anyCharacter());
            }
            refuses(codec, text.toString());
        }
    }

    @Test
    void codec_usedByManyThreads_worksCorrectly() throws Exception {
        TokenCodec codec = codec();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                int number = thread;
                runs.add(threads.submit(() -> {
                    for (int i = 0; i < 1000; i++) {
                        TokenClaims claims = new TokenClaims(
                                new BridgeId(number, i),
                                NodeAddress.parse("ws://10.0.0." + number + ":" + (1000 + i)),
                                Instant.ofEpochMilli(i));
                        if (!codec.decode(codec.encode(claims)).equals(claims)) {
                            throw new AssertionError("wrong claims");
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> run : runs) {
                run.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private char anyCharacter() {
        return ALPHABET.charAt(random.nextInt(ALPHABET.length()));
    }

    private static List<TokenClaims> samples() {
        return List.of(
                claims("ws://10.1.2.3:8080", Instant.parse("2026-01-01T00:00:30.123Z")),
                claims("wss://[fd00::1]:443", Instant.EPOCH),
                claims("ws://node-0.bridge.default.svc.cluster.local:8081/base", Instant.ofEpochMilli(-1)),
                new TokenClaims(new BridgeId(0, 0), NodeAddress.parse("ws://a"), Instant.ofEpochMilli(1)),
                new TokenClaims(new BridgeId(-1, Long.MIN_VALUE), NodeAddress.parse("ws://a:1"), Instant.EPOCH));
    }

    private static TokenClaims claims(String owner, Instant expiresAt) {
        return new TokenClaims(
                new BridgeId(0x0123456789abcdefL, 0xfedcba9876543210L), NodeAddress.parse(owner), expiresAt);
    }

    private static void refuses(TokenCodec codec, String token) {
        assertThatThrownBy(() -> codec.decode(new BridgeToken(token)))
                .isExactlyInstanceOf(BridgeException.class)
                .satisfies(e ->
                        assertThat(((BridgeException) e).closeReason().code()).isEqualTo(CloseReason.BAD_TOKEN))
                .hasMessageNotContaining(token.length() > 8 ? token : "\u0000");
    }
}
