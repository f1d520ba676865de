package io.github.wsbridge.signal.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {

    private static final String WHOLE = """
            {"type":"invitation","bridgeId":"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42","bridgeToken":"AUq3",\
            "acceptUrl":"wss://bridge.example.com/bridge/accept?bridgeToken=AUq3&requestData=ssh",\
            "requestData":"ssh","expiresAt":"2026-01-31T12:00:30Z"}""";

    @Test
    void invitation_writtenAndRead_isTheSame() {
        Invitation invitation = Messages.readInvitation(bytes(WHOLE), "device-1");
        assertThat(invitation.requestData()).isEqualTo("ssh");
        assertThat(new String(Messages.invitation(invitation), StandardCharsets.UTF_8))
                .isEqualTo(WHOLE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "7",
                "{",
                "{}",
                "{\"type\":\"reject\"}",
                "{\"type\":\"invitation\"}",
                "{\"type\":7}",
                "{\"type\":\"invitation\",\"bridgeId\":\"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42\",\"bridgeToken\":\"secret!\","
                        + "\"acceptUrl\":\"wss://x\",\"expiresAt\":\"2026-01-31T12:00:30Z\"}",
                "{\"type\":\"invitation\",\"bridgeId\":\"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42\",\"bridgeToken\":\"secret\","
                        + "\"acceptUrl\":\"\\u0000\",\"expiresAt\":\"2026-01-31T12:00:30Z\"}",
                "{\"type\":\"invitation\",\"bridgeId\":\"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42\",\"bridgeToken\":\"secret\","
                        + "\"acceptUrl\":\"wss://x\",\"expiresAt\":\"soon\"}",
            })
    void readInvitation_garbage_failsWithoutShowingIt(String text) {
        assertThatThrownBy(() -> Messages.readInvitation(bytes(text), "device-1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .hasMessageNotContaining("secret");
    }

    @Test
    void readInvitation_hugeOrDeep_isRefused() {
        byte[] huge = bytes(WHOLE + " ".repeat(Messages.MAX_BYTES));
        assertThatThrownBy(() -> Messages.readInvitation(huge, "device-1")).hasMessage("longer than 64 KiB");
        byte[] deep = bytes("{\"a\":" + "[".repeat(60_000));
        assertThatThrownBy(() -> Messages.readInvitation(deep, "device-1")).hasMessage("nested too deep");
    }

    @Test
    void readAnswer_eachKind_isRead() {
        assertThat(Messages.readAnswer(Messages.accept())).isEqualTo(new Result.Delivered());
        assertThat(Messages.readAnswer(Messages.reject(7, "no \"ü\""))).isEqualTo(new Result.Rejected(7, "no \"ü\""));
        assertThat(Messages.readAnswer(bytes("{\"type\":\"reject\"}"))).isEqualTo(new Result.Rejected(403, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{\"type\":\"perhaps\"}",
                "{\"type\":\"reject\",\"code\":10000}",
                "{\"type\":\"reject\",\"code\":-1}"
            })
    void readAnswer_garbage_isRefused(String text) {
        assertThatThrownBy(() -> Messages.readAnswer(bytes(text))).isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
