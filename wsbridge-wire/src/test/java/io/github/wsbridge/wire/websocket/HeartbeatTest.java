package io.github.wsbridge.wire.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeartbeatTest {

    @Test
    void payload_isTextInMilliseconds_andReadAgain() {
        byte[] payload = Heartbeat.payload(Duration.ofSeconds(13));
        assertThat(new String(payload, ISO_8859_1)).isEqualTo("heartbeat 13000");
        assertThat(Heartbeat.read(payload)).isEqualTo(Duration.ofSeconds(13));
        assertThat(Heartbeat.read(Heartbeat.payload(Duration.ofNanos(1)))).isEqualTo(Duration.ofMillis(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "heartbeat ",
                "heartbeat 0",
                "heartbeat -1",
                "heartbeat 1.5",
                "heartbeat 123456789",
                "heartbeat\t13",
                "something 1"
            })
    void otherPongs_areNoHeartbeats(String payload) {
        assertThat(Heartbeat.read(payload.getBytes(ISO_8859_1))).isNull();
    }
}
