package io.github.wsbridge.core.tokens;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Forged, altered, expired and used tokens. */
class TokenAttackTest {

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node();
    private final TokenCodec codec = AeadTokenCodec.create(() -> cluster.keys);
    private final TokenCodec foreign = AeadTokenCodec.create(fixed(TokenKeys.generate()));
    private final Random random = new Random(11);

    private static Supplier<TokenKeys> fixed(TokenKeys keys) {
        return () -> keys;
    }

    private TokenClaims claims(long secondsLeft) {
        return new TokenClaims(
                new BridgeId(random.nextLong(), random.nextLong()),
                A,
                cluster.clock.instant().plusSeconds(secondsLeft));
    }

    private String bad(int kind, String live, String used) {
        return switch (kind) {
            case 0 -> foreign.encode(claims(30)).value();
            case 1 -> live.substring(0, 1 + random.nextInt(live.length() - 1));
            case 2 -> flipped(live);
            case 3 -> codec.encode(claims(-random.nextInt(60))).value();
            case 4 -> used;
            case 5 -> codec.encode(claims(30)).value(); // genuine, but of an unknown bridge
            case 6 -> live + ALPHABET.charAt(random.nextInt(64));
            default -> garbage();
        };
    }

    private String flipped(String token) {
        int at = random.nextInt(token.length());
        char other = ALPHABET.charAt((ALPHABET.indexOf(token.charAt(at)) + 1 + random.nextInt(63)) % 64);
        return token.substring(0, at) + other + token.substring(at + 1);
    }

    private String garbage() {
        StringBuilder text = new StringBuilder();
        int length = 1 + random.nextInt(200);
        while (text.length() < length) {
            text.append(ALPHABET.charAt(random.nextInt(64)));
        }
        return text.toString();
    }

    @Test
    @Timeout(120)
    void accept_badTokens_areRefused() throws Exception {
        attack(10_000);
    }

    @Test
    @Tag("system")
    @Timeout(600)
    void accept_manyBadTokens_areRefused() throws Exception {
        attack(100_000);
    }

    private void attack(int tokens) throws Exception {
        RecordingReceiver first = TestCluster.request(node, "device", "");
        Invitation used = cluster.signaller.take(TestCluster.PATIENCE);
        TestCluster.open(node, used.acceptUrl(), "").leg().close(CloseReason.normal());
        RecordingReceiver waiting = TestCluster.request(node, "device", "");
        Invitation live = cluster.signaller.take(TestCluster.PATIENCE);
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < tokens; i++) {
                String token = bad(i % 8, live.token().value(), used.token().value());
                FakeLeg leg = new FakeLeg();
                node.accept(new BridgeToken(token), leg, i % 3 == 0 ? Hop.FORWARDED : Hop.DIRECT);
                if (leg.closes().size() != 1 || leg.closes().get(0).code() != CloseReason.BAD_TOKEN) {
                    throw new AssertionError("kind " + i % 8 + " got " + leg.closes());
                }
            }
            assertThat(log.loud()).isEmpty();
            assertThat(log.all())
                    .noneMatch(line -> line.contains(live.token().value())
                            || line.contains(used.token().value()));
        }
        assertThat(node.stats()).isEqualTo(new NodeStats(1, 0, 0, false));
        assertThat(first.closed()).isEqualTo(CloseReason.normal());
        assertThat(waiting.closed()).as("the open one is not affected").isNull();
        assertThat(TestCluster.open(node, live.acceptUrl(), "").closed()).isNull();
        waiting.leg().close(CloseReason.normal());
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
        assertThat(cluster.scheduler.pending()).isEqualTo(1);
    }

    @Test
    void accept_codecThatThrows_isRefused() {
        BridgeNode broken = cluster.node(
                B,
                builder -> builder.tokenCodec(new TokenCodec() {
                    @Override
                    public BridgeToken encode(TokenClaims claims) {
                        throw new IllegalStateException("no keys");
                    }

                    @Override
                    public TokenClaims decode(BridgeToken token) {
                        throw new IllegalStateException("no keys");
                    }
                }));
        try (LogCapture log = new LogCapture()) {
            FakeLeg leg = new FakeLeg();
            broken.accept(new BridgeToken("token"), leg, Hop.DIRECT);
            assertThat(leg.closes().get(0).code()).isEqualTo(4410);
            RecordingReceiver requester = TestCluster.request(broken, "device", "");
            assertThat(requester.closed().code()).isEqualTo(4404);
            assertThat(log.loud()).hasSize(2);
        }
        assertThat(broken.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }
}
