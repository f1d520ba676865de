package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResetCodesTest {

    @ParameterizedTest
    @ValueSource(ints = {1001, 1002, 1008, 1011, 1013, 3000, 4000, 4403, 4429, 4999})
    void reason_ofACodesErrorCode_hasTheCode(int code) {
        long error = ResetCodes.of(new CloseReason(code, "why"));

        assertThat(error).isBetween(0L, 0xffff_ffffL);
        assertThat(ResetCodes.reason(error, false).code()).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({"1, 4000", "3, 4000", "7, 4000", "8, 1001", "99, 4000", "4294967295, 4000", "1463944167, 4000"})
    void reason_ofAnyErrorCode_isAClose(long error, int code) {
        assertThat(ResetCodes.reason(error, true).code()).isEqualTo(code);
    }

    @Test
    void reason_noError_isNormalAfterEverything() {
        assertThat(ResetCodes.reason(0, true)).isEqualTo(CloseReason.normal());
        assertThat(ResetCodes.reason(0, false).code()).isEqualTo(CloseReason.VANISHED);
    }
}
