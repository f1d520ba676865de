package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeToken;

/**
 * Tells a device that the requester of an invitation has gone: {@code {"type":"withdraw","bridgeToken":"…"}}. Sent on
 * its listen socket and between nodes.
 */
public final class WithdrawalJson {

    public static final String TYPE = "withdraw";

    private WithdrawalJson() {}

    public static JsonObject write(BridgeToken token) {
        return JsonObject.builder()
                .value("type", TYPE)
                .value("bridgeToken", token.value())
                .done();
    }

    /** @throws MalformedMessageException if there is no valid token */
    public static BridgeToken readToken(JsonObject message) {
        return RejectionJson.readToken(message);
    }
}
