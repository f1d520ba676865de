package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BridgeIdTest {

    @Test
    void toString_isThirtyTwoLowerCaseDigits() {
        assertThat(new BridgeId(0x0123456789abcdefL, 0xfedcba9876543210L))
                .hasToString("0123456789abcdeffedcba9876543210");
        assertThat(new BridgeId(0, 1)).hasToString("00000000000000000000000000000001");
        assertThat(new BridgeId(-1, -1)).hasToString("f".repeat(32));
    }

    @Test
    void parse_readsWhatToStringWrote() {
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < 100; i++) {
            BridgeId id = BridgeId.random(random);
            assertThat(BridgeId.parse(id.toString())).isEqualTo(id);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "0123456789abcdeffedcba987654321",
                "0123456789abcdeffedcba98765432100",
                "0123456789abcdeffedcba987654321g",
                "+123456789abcdeffedcba9876543210",
                "0123456789abcdeffedcba987654321\uFF11",
                " 123456789abcdeffedcba9876543210"
            })
    void parse_anythingElse_isRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> BridgeId.parse(text));
    }
}
