package io.github.wsbridge.core.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import java.net.URI;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PeerMessagesTest {

    private static Invitation invitation(String requestData) {
        BridgeToken token = new BridgeToken("t".repeat(1024));
        return new Invitation(
                new BridgeId(-1, -1),
                "\u0800".repeat(341),
                token,
                Endpoints.accept(URI.create("wss://bridge.example.com"), token, requestData),
                requestData,
                "\u0001".repeat(257),
                Instant.parse("2026-01-01T00:00:00.123Z"));
    }

    @Test
    void deliver_largestAllowed_fitsIntoAMessage() {
        Invitation invitation = invitation("\u0001".repeat(6144));
        byte[] json = JsonMessage.write(PeerMessages.deliver(Long.MAX_VALUE, invitation));
        assertThat(json.length).isLessThan(JsonMessage.MAX_BYTES);
        JsonObject read = JsonMessage.read(json);
        assertThat(JsonMessage.type(read)).isEqualTo("deliver");
        assertThat(PeerMessages.number(read)).isEqualTo(Long.MAX_VALUE);
        assertThat(PeerMessages.invitation(read)).isEqualTo(invitation);
    }

    @Test
    void invitation_withoutRequestDataAndPrincipal_hasNone() {
        JsonObject message = PeerMessages.deliver(1, invitation("data"));
        message.remove("requestData");
        message.remove("principal"); // as from an older node
        assertThat(PeerMessages.invitation(message).requestData()).isEmpty();
        assertThat(PeerMessages.invitation(message).principal()).isEmpty();
    }

    @Test
    void invitation_withoutDevice_isMalformed() {
        JsonObject message = PeerMessages.deliver(1, invitation(""));
        message.remove("deviceId");
        assertThatThrownBy(() -> PeerMessages.invitation(message)).isInstanceOf(MalformedMessageException.class);
    }
}
