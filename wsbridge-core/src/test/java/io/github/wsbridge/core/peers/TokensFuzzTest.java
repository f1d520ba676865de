package io.github.wsbridge.core.peers;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.wire.message.JsonMessage;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;

/** Tokens, credentials of nodes, their messages, and keysets. Nothing that is not made with the keys is understood. */
class TokensFuzzTest {

    private static final TokenKeys KEYS = TokenKeys.generate();
    private static final AeadTokenCodec CODEC = AeadTokenCodec.create(() -> KEYS);
    private static final NodeCredentials CREDENTIALS = new NodeCredentials(() -> KEYS);

    @FuzzTest(maxDuration = "1m")
    void anyText_isRefused(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        try {
            CODEC.decode(new BridgeToken(text));
            throw new AssertionError("a token");
        } catch (BridgeException | IllegalArgumentException e) {
            // refused
        }
        if (CREDENTIALS.forwarded(text, TestCluster.A, false) != null
                || CREDENTIALS.linked(text, TestCluster.A) != null
                || CREDENTIALS.answered(text, TestCluster.A, "a", "b") != null
                || CREDENTIALS.check(text, TestCluster.A, "a", "b") != null) {
            throw new AssertionError("a node");
        }
        try {
            JsonObject message = JsonMessage.read(text);
            PeerMessages.number(message);
            PeerMessages.since(message);
            PeerMessages.invitation(message);
        } catch (IllegalArgumentException e) {
            // refused
        }
        try {
            TokenKeys.parse(text).toJson();
        } catch (GeneralSecurityException e) {
            // refused
        }
    }
}
