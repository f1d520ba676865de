package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeId;

/** The message that tells an end with the subprotocol that its bridge is established. */
public final class EstablishedJson {

    private static final String TYPE = "established";

    private EstablishedJson() {}

    public static JsonObject write(BridgeId bridgeId) {
        return JsonObject.builder()
                .value("type", TYPE)
                .value("bridgeId", bridgeId.toString())
                .done();
    }

    /** @throws MalformedMessageException if the message is not of this type or has no bridge id */
    public static BridgeId read(JsonObject message) {
        if (!JsonMessage.type(message).equals(TYPE)) {
            throw new MalformedMessageException("not an established message");
        }
        try {
            return BridgeId.parse(JsonMessage.string(message, "bridgeId"));
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("an established message without a bridge id");
        }
    }
}
