package io.github.wsbridge.core.cluster;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import java.time.Instant;

/** The messages between nodes, except for rejections. docs/protocol.md describes each of them. */
final class PeerMessages {

    static final String DELIVER = "deliver";
    static final String ANSWER = "answer";
    static final String LISTENING = "listening";

    private PeerMessages() {}

    /** To a peer: deliver this to the device if it listens on your node, and {@link #answer} with the same number. */
    static JsonObject deliver(long number, Invitation invitation) {
        JsonObject message = InvitationJson.write(invitation);
        message.put("type", DELIVER);
        message.put("number", number);
        message.put("deviceId", invitation.deviceId());
        return message;
    }

    /** From a peer: whether the device listens there and the invitation has been delivered. */
    static JsonObject answer(long number, boolean delivered) {
        return JsonObject.builder()
                .value("type", ANSWER)
                .value("number", number)
                .value("delivered", delivered)
                .done();
    }

    /** To all peers: a device has started listening here, so any older listener of that device is stale. */
    static JsonObject listening(String deviceId, Instant since) {
        return JsonObject.builder()
                .value("type", LISTENING)
                .value("deviceId", deviceId)
                .value("since", since.toEpochMilli())
                .done();
    }

    static long number(JsonObject message) {
        return message.getLong("number");
    }

    static String deviceId(JsonObject message) {
        return JsonMessage.string(message, "deviceId");
    }

    static Invitation invitation(JsonObject deliver) {
        return InvitationJson.readMembers(deliver, deviceId(deliver));
    }

    static boolean delivered(JsonObject answer) {
        return answer.getBoolean("delivered");
    }

    static Instant since(JsonObject listening) {
        return Instant.ofEpochMilli(listening.getLong("since"));
    }
}
