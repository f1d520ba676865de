package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.wsbridge.spi.NodeRouter.Forward;
import java.net.URI;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BridgeTokenTest {

    @Test
    void token_ofItsAlphabet_isAccepted() {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        assertThat(new BridgeToken(alphabet).value()).isEqualTo(alphabet);
        assertThat(new BridgeToken("x".repeat(BridgeToken.MAX_LENGTH)).value()).hasSize(1024);
    }

    @Test
    void token_tooLong_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BridgeToken("x".repeat(1025)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "a=", "a+b", "a/b", "a.b", "a~", "a%20", "a\n", "\u0000", "ä", "\uFF21", "a\uD83D\uDE80"
            })
    void token_ofOtherCharacters_isRefusedWithoutShowingIt(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BridgeToken(text))
                .withMessage("not a bridge token");
    }

    @Test
    void toString_ofAllThatHoldsAToken_doesNotShowIt() {
        BridgeToken token = new BridgeToken("verySecret");
        URI acceptUrl = Endpoints.accept(URI.create("wss://host"), token, "private");
        Invitation invitation =
                new Invitation(new BridgeId(1, 2), "device", token, acceptUrl, "private", "alice", Instant.EPOCH);
        assertThat(token.toString()).doesNotContain("verySecret");
        assertThat(invitation.toString())
                .contains("device")
                .doesNotContain("verySecret")
                .doesNotContain("private");
        assertThat(new Forward(token, "", null).toString()).doesNotContain("verySecret");
    }
}
