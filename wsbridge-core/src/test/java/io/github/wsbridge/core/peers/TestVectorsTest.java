package io.github.wsbridge.core.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.TokenClaims;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The test vectors of docs/protocol.md. They were made by another implementation of the AEAD, since this one chooses
 * its nonces at random.
 */
class TestVectorsTest {

    private static final NodeAddress OWNER = NodeAddress.parse("ws://10.0.3.7:8080");
    private static final NodeAddress FROM = NodeAddress.parse("ws://10.0.3.8:8080");
    private static final Instant TIME = Instant.parse("2026-01-31T12:00:00Z");

    private final Map<String, String> vectors = new HashMap<>();
    private TokenKeys keys;
    private NodeCredentials credentials;

    @BeforeEach
    void read() throws Exception {
        String text = Files.readString(Path.of("..", "docs", "protocol.md"));
        String section = text.substring(text.indexOf("### Test vectors"));
        keys = TokenKeys.parse(block(section, "json"));
        credentials = new NodeCredentials(() -> keys);
        List<String> lines = block(section, "text").lines().toList();
        for (int i = 0; i < lines.size(); i += 2) {
            vectors.put(lines.get(i), lines.get(i + 1));
        }
        for (String name : List.of("NONCE", "CHALLENGE")) {
            String row = section.substring(section.indexOf("| " + name));
            vectors.put(name, row.split("`")[1]);
        }
    }

    private static String block(String text, String language) {
        String rest = text.substring(text.indexOf("```" + language) + language.length() + 4);
        return rest.substring(0, rest.indexOf("```"));
    }

    @Test
    void token_isRead() throws Exception {
        TokenClaims claims = AeadTokenCodec.create(() -> keys).decode(new BridgeToken(vectors.get("token")));
        assertThat(claims)
                .isEqualTo(new TokenClaims(
                        BridgeId.parse("8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42"),
                        OWNER,
                        Instant.parse("2026-01-31T12:00:30Z")));
    }

    @Test
    void forwardedAccept_isRead() {
        NodeCredentials.Forwarded forwarded =
                credentials.forwarded(vectors.get("forwarded accept of that token"), OWNER, false);
        assertThat(forwarded.token().value()).isEqualTo(vectors.get("token"));
        assertThat(forwarded.challenge()).isEqualTo(vectors.get("NONCE"));
    }

    @Test
    void peerLink_isRead() {
        String nonce = credentials.linked(vectors.get("request for a peer link"), OWNER);
        assertThat(nonce).isEqualTo(vectors.get("NONCE"));
        String challenge = vectors.get("CHALLENGE");
        assertThat(credentials.answered(vectors.get("answer"), OWNER, nonce, challenge))
                .isEqualTo(TIME);
        assertThat(credentials.check(vectors.get("proof"), OWNER, nonce, challenge))
                .isEqualTo(new NodeCredentials.Proof(FROM, TIME));
    }
}
