package io.github.wsbridge.wire.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.TraceContext;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InvitationJsonTest {

    private static final String WHOLE = """
            {"type":"invitation","bridgeId":"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42","bridgeToken":"AUq3",\
            "acceptUrl":"wss://bridge.example.com/bridge/accept?bridgeToken=AUq3&requestData=ssh",\
            "requestData":"ssh","principal":"alice","expiresAt":"2026-01-31T12:00:30Z"}""";

    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static Invitation read(String text) {
        return InvitationJson.read(JsonMessage.read(text), "device-1");
    }

    @Test
    void write_whatWasRead_isTheSame() {
        Invitation invitation = read(WHOLE);
        assertThat(invitation.deviceId()).isEqualTo("device-1");
        assertThat(invitation.requestData()).isEqualTo("ssh");
        assertThat(invitation.principal()).isEqualTo("alice");
        assertThat(JsonWriter.string(InvitationJson.write(invitation))).isEqualTo(WHOLE);
    }

    @Test
    void format_whatWasParsed_isTheSame() {
        assertThat(InvitationJson.format(InvitationJson.parse(WHOLE, "device-1")))
                .isEqualTo(WHOLE);
        assertThatThrownBy(() -> InvitationJson.parse("[" + WHOLE + "]", "device-1"))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageNotContaining("AUq3");
    }

    @Test
    void reason_isWrittenOnlyIfThereIsOne() {
        String whole = WHOLE.replace("}", ",\"reason\":\"printer jam\"}");
        assertThat(read(whole).reason()).isEqualTo("printer jam");
        assertThat(JsonWriter.string(InvitationJson.write(read(whole)))).isEqualTo(whole);
        assertThat(read(WHOLE).reason()).isEmpty();
    }

    @Test
    void trace_isWrittenOnlyIfThereIsOne() {
        String whole = WHOLE.replace("}", ",\"traceparent\":\"" + PARENT + "\",\"tracestate\":\"a=1\"}");
        assertThat(read(whole).trace()).isEqualTo(TraceContext.of(PARENT, "a=1"));
        assertThat(JsonWriter.string(InvitationJson.write(read(whole)))).isEqualTo(whole);
        assertThat(read(WHOLE).trace()).isEqualTo(TraceContext.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"%s\\r\\nX-Api-Key: stolen\"", "\"%s-more\"", "7", "null", "[\"%s\"]"})
    void trace_thatIsNone_isIgnored(String value) {
        String whole = WHOLE.replace("}", ",\"traceparent\":" + value.formatted(PARENT) + "}");
        assertThat(read(whole).trace()).isEqualTo(TraceContext.NONE);
    }

    @Test
    void read_withoutRequestDataOrPrincipal_hasNone() {
        JsonObject message = JsonMessage.read(WHOLE);
        message.remove("requestData");
        message.remove("principal"); // as from an older node
        assertThat(InvitationJson.read(message, "device-1").requestData()).isEmpty();
        assertThat(InvitationJson.read(message, "device-1").principal()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"type", "bridgeId", "bridgeToken", "acceptUrl", "expiresAt"})
    void read_withoutAMember_isMalformed(String name) {
        JsonObject message = JsonMessage.read(WHOLE);
        message.remove(name);
        assertThatThrownBy(() -> InvitationJson.read(message, "device-1"))
                .isInstanceOf(MalformedMessageException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "7",
                "{",
                "{}",
                "{}{}",
                "{\"type\":\"reject\"}",
                "{\"type\":\"invitation\"}",
                "{\"type\":7}",
                "{\"secret",
                "{\"type\":\"invitation\",\"bridgeId\":\"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42\","
                        + "\"bridgeToken\":\"secret!\","
                        + "\"acceptUrl\":\"wss://x\",\"expiresAt\":\"2026-01-31T12:00:30Z\"}",
                "{\"type\":\"invitation\",\"bridgeId\":\"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42\",\"bridgeToken\":\"secret\","
                        + "\"acceptUrl\":\"\\u0000\",\"expiresAt\":\"2026-01-31T12:00:30Z\"}",
                "{\"type\":\"invitation\",\"bridgeId\":\"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42\",\"bridgeToken\":\"secret\","
                        + "\"acceptUrl\":\"wss://x\",\"expiresAt\":\"soon\"}",
            })
    void read_garbage_failsWithoutShowingIt(String text) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(MalformedMessageException.class)
                .hasNoCause()
                .hasMessageNotContaining("secret");
    }

    @Test
    void read_hugeOrDeep_isRefused() {
        String huge = WHOLE + " ".repeat(JsonMessage.MAX_BYTES);
        assertThatThrownBy(() -> read(huge)).hasMessage("longer than 64 KiB");
        assertThatThrownBy(() -> JsonMessage.read(huge.getBytes(StandardCharsets.UTF_8)))
                .hasMessage("longer than 64 KiB");
        assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(60_000))).hasMessage("nested too deep");
    }
}
