package io.github.wsbridge.signal.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerJsonTest {

    @Test
    void read_eachKind_isRead() {
        assertThat(AnswerJson.read(AnswerJson.accept())).isEqualTo(new Result.Delivered());
        assertThat(AnswerJson.read(AnswerJson.reject(new Rejection(7, "no \"ü\""))))
                .isEqualTo(new Result.Rejected(7, "no \"ü\""));
        assertThat(AnswerJson.read(JsonMessage.read("{\"type\":\"reject\"}"))).isEqualTo(new Result.Rejected(403, ""));
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
    void read_garbage_isRefused(String text) {
        assertThatThrownBy(() -> AnswerJson.read(JsonMessage.read(text))).isInstanceOf(MalformedMessageException.class);
    }
}
