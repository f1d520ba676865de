package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BridgeRequestTest {

    @Test
    void request_withoutData_hasEmptyData() {
        assertThat(new BridgeRequest("device")).isEqualTo(new BridgeRequest("device", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "a b&c=d/e?f", "grüße", "日本", "\uD83D\uDE80"})
    void request_anyPrintableDeviceId_isAccepted(String deviceId) {
        assertThat(new BridgeRequest(deviceId, "line\nbreak").deviceId()).isEqualTo(deviceId);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\nb", "\r", "\u0000", "tab\t", "\u007f", "\u0085"})
    void request_emptyIdOrControlCharacters_isRefused(String deviceId) {
        assertThatIllegalArgumentException().isThrownBy(() -> new BridgeRequest(deviceId));
    }
}
