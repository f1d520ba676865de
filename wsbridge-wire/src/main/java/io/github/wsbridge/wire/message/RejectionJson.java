package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonBuilder;
import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Rejection;

/**
 * A device's rejection, on its listen socket and between nodes. Other channels share the members {@code code} and
 * {@code reason}.
 */
public final class RejectionJson {

    /** The message type. */
    public static final String TYPE = "reject";

    private RejectionJson() {}

    public static JsonObject write(BridgeToken token, Rejection rejection) {
        return complete(JsonObject.builder().value("type", TYPE).value("bridgeToken", token.value()), rejection);
    }

    /** Completes a message by adding code and reason. */
    public static JsonObject complete(JsonBuilder<JsonObject> message, Rejection rejection) {
        return message.value("code", rejection.code())
                .value("reason", rejection.reason())
                .done();
    }

    /**
     * Reads code and reason. By default the code is {@value Rejection#DEFAULT_CODE} and the reason is empty.
     *
     * @throws MalformedMessageException if the code is out of range
     */
    public static Rejection read(JsonObject message) {
        int code = message.getInt("code", Rejection.DEFAULT_CODE);
        if (!Rejection.isCode(code)) {
            throw new MalformedMessageException("the code is not a number from 0 to 9999");
        }
        return new Rejection(code, message.getString("reason", ""));
    }

    /** @throws MalformedMessageException if there is no valid token */
    public static BridgeToken readToken(JsonObject message) {
        String token = JsonMessage.string(message, "bridgeToken");
        try {
            return new BridgeToken(token);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("not a bridge token");
        }
    }
}
