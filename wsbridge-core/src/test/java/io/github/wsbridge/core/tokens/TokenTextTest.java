package io.github.wsbridge.core.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the text form of tokens. */
class TokenTextTest {

    @Test
    void text_hasOneSpelling() {
        byte[] bytes = {1, 2, 3, 4};
        String text = TokenText.text(bytes);
        assertThat(TokenText.bytes(text)).isEqualTo(bytes);
        for (String other : List.of(text + "=", text + "==", text.substring(0, text.length() - 1) + "B")) {
            assertThatThrownBy(() -> TokenText.bytes(other)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
