package io.github.wsbridge.wire.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class JsonMessageTest {

    @Test
    void read_longNumber_isRejectedUnparsed() {
        String digits = "9".repeat(41);
        assertThat(JsonMessage.read("{\"n\":" + digits.substring(1) + "}")).containsKey("n");
        for (String number :
                new String[] {digits, "-" + digits.substring(1), "1e" + digits.substring(2), "." + digits}) {
            assertThatThrownBy(() -> JsonMessage.read("{\"n\":" + number + "}"))
                    .isInstanceOf(MalformedMessageException.class)
                    .hasMessage("a number is too long");
        }
    }

    @Test
    void read_longTextOfDigits_isNoNumber() {
        String digits = "9".repeat(4_000);
        assertThat(JsonMessage.read("{\"n\":\"" + digits + "\"}").getString("n"))
                .isEqualTo(digits);
        assertThat(JsonMessage.read("{\"n\":\"\\\"" + digits + "\"}").getString("n"))
                .isEqualTo("\"" + digits);
    }

    @Test
    void read_deep_isRejectedUnparsed() {
        assertThat(JsonMessage.readValue("[".repeat(16) + "]".repeat(16))).isNotNull();
        assertThatThrownBy(() -> JsonMessage.readValue("[".repeat(17) + "]".repeat(17)))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessage("nested too deep");
    }

    @Test
    void read_tooLong_isRejected() {
        String text = " ".repeat(JsonMessage.MAX_BYTES) + "{}";
        assertThatThrownBy(() -> JsonMessage.read(text)).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> JsonMessage.read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedMessageException.class);
    }
}
