package io.github.wsbridge.core.peers;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.WithdrawalJson;
import java.time.Instant;

/** The messages between nodes, except for rejections. docs/protocol.md describes each of them. */
final class PeerMessages {

    static final String DELIVER = "deliver";
    static final String ANSWER = "answer";
    static final String SPEND = "spend";
    static final String LISTENING = "listening";
    static final String CHALLENGE = "challenge";
    static final String PROOF = "proof";

    private PeerMessages() {}

    /** To a peer that has dialled: the answer to its challenge, and this node's own challenge. */
    static JsonObject challenge(String challenge, String answer) {
        return JsonObject.builder()
                .value("type", CHALLENGE)
                .value("challenge", challenge)
                .value("proof", answer)
                .done();
    }

    /** From a peer that has dialled: the answer to the challenge. */
    static JsonObject proof(String proof) {
        return JsonObject.builder().value("type", PROOF).value("proof", proof).done();
    }

    /** To a peer: deliver this to the device if it listens on your node, and {@link #answer} with the same number. */
    static JsonObject deliver(long number, Invitation invitation) {
        JsonObject message = InvitationJson.write(invitation);
        message.put("type", DELIVER);
        message.put("number", number);
        message.put("deviceId", invitation.deviceId());
        return message;
    }

    /** To the peer that has signed a URL for one bridge: is it unused? If so, it is used from now on. */
    static JsonObject spend(long number, String nonce) {
        return JsonObject.builder()
                .value("type", SPEND)
                .value("number", number)
                .value("nonce", nonce)
                .done();
    }

    static String nonce(JsonObject spend) {
        return JsonMessage.string(spend, "nonce");
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
    static JsonObject listening(String deviceId, Instant since, BridgeListener.Client by) {
        return JsonObject.builder()
                .value("type", LISTENING)
                .value("deviceId", deviceId)
                .value("since", since.toEpochMilli())
                .value("principal", by.principal())
                .value("address", by.address())
                .done();
    }

    /** To all peers: the requester of an invitation has gone; tell the device if it listens on your node. */
    static JsonObject withdraw(Invitation invitation) {
        JsonObject message = WithdrawalJson.write(invitation.token());
        message.put("deviceId", invitation.deviceId());
        return message;
    }

    static String challenge(JsonObject challenge) {
        return JsonMessage.string(challenge, "challenge");
    }

    /** Returns what either end answers to the other's challenge. */
    static String proof(JsonObject message) {
        return JsonMessage.string(message, "proof");
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

    /** Returns who has started listening; older nodes do not say. */
    static BridgeListener.Client client(JsonObject listening) {
        return new BridgeListener.Client(listening.getString("principal", ""), listening.getString("address", ""));
    }

    static Instant since(JsonObject listening) {
        return Instant.ofEpochMilli(listening.getLong("since"));
    }
}
