package io.github.wsbridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloseReasonTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "é", "日", "\uD83D\uDE80"})
    void reason_tooLong_isTruncatedBetweenCharacters(String character) {
        for (int before = 0; before < 4; before++) {
            String reason = new CloseReason(4000, "x".repeat(before) + character.repeat(200)).reason();
            int size = character.getBytes(UTF_8).length;
            int whole = (123 - before) / size;
            assertThat(reason).isEqualTo("x".repeat(before) + character.repeat(whole));
            assertThat(reason.getBytes(UTF_8)).hasSizeLessThanOrEqualTo(123);
        }
    }

    @Test
    void reason_thatFits_isKept() {
        for (String reason : new String[] {
            "", "short", "x".repeat(123), "é".repeat(61) + "x", "日".repeat(41), "\uD83D\uDE80".repeat(30) + "日"
        }) {
            assertThat(new CloseReason(1000, reason).reason()).isEqualTo(reason);
        }
    }

    @Test
    void reason_ofLoneSurrogates_staysWithinTheLimit() {
        assertThat(new CloseReason(1000, "\uD83D".repeat(300)).reason().getBytes(UTF_8))
                .hasSizeLessThanOrEqualTo(123);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
    void sendable_codesForCloseFrames_are(int code) {
        assertThat(new CloseReason(code, "").sendable()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1004, 1005, 1006, 1015, 1016, 2000, 2999})
    void sendable_reservedCodes_areNot(int code) {
        assertThat(new CloseReason(code, "").sendable()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 999, 5000, 65_535})
    void code_outOfRange_isRefused(int code) {
        assertThatIllegalArgumentException().isThrownBy(() -> new CloseReason(code, ""));
    }

    @Test
    void rejected_holdsCodeAndText() {
        assertThat(CloseReason.rejected(new Rejection(17, "not now"))).isEqualTo(new CloseReason(4403, "17 not now"));
        assertThat(CloseReason.rejected(new Rejection(0, ""))).isEqualTo(new CloseReason(4403, "0"));
        assertThat(CloseReason.rejected(new Rejection(9999, "x".repeat(200))).reason())
                .hasSize(123);
    }

    @Test
    void toString_isCodeAndReason() {
        assertThat(CloseReason.normal()).hasToString("1000");
        assertThat(CloseReason.vanished("no pong")).hasToString("4000 no pong");
    }

    @Test
    void handshakeException_maps_itsStatusToACode() {
        HandshakeException refused = new HandshakeException(403);
        assertThat(refused.closeReason().code()).isEqualTo(4403);
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused).hasMessageContaining("403");
    }
}
