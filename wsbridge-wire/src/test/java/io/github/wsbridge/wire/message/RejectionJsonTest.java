package io.github.wsbridge.wire.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Rejection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RejectionJsonTest {

    @Test
    void write_andRead_areTheSame() {
        BridgeToken token = new BridgeToken("AUq3");
        Rejection rejection = new Rejection(9999, "no \"ü\"");
        JsonObject message = JsonMessage.read(JsonMessage.write(RejectionJson.write(token, rejection)));
        assertThat(JsonMessage.type(message)).isEqualTo("reject");
        assertThat(RejectionJson.readToken(message)).isEqualTo(token);
        assertThat(RejectionJson.read(message)).isEqualTo(rejection);
    }

    @Test
    void read_withoutCodeAndReason_hasTheDefaults() {
        assertThat(RejectionJson.read(new JsonObject())).isEqualTo(new Rejection(403, ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 10_000})
    void read_otherCode_isMalformed(int code) {
        JsonObject message = JsonObject.builder().value("code", code).done();
        assertThatThrownBy(() -> RejectionJson.read(message)).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void readToken_invalid_isNotShown() {
        JsonObject message =
                JsonObject.builder().value("bridgeToken", "secret!").done();
        assertThatThrownBy(() -> RejectionJson.readToken(message))
                .isInstanceOf(MalformedMessageException.class)
                .hasNoCause()
                .hasMessageNotContaining("secret");
    }
}
