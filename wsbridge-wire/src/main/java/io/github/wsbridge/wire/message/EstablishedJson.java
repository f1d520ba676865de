package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeId;
import org.jspecify.annotations.Nullable;

/** The message that tells an end with the subprotocol that its bridge is established. */
public final class EstablishedJson {

    private static final String TYPE = "established";

    private EstablishedJson() {}

    /**
     * What the message says.
     *
     * @param principal who requested the bridge; null if the message does not say, as to requesters
     */
    public record Established(BridgeId bridgeId, @Nullable String principal) {}

    public static JsonObject write(Established established) {
        var members = JsonObject.builder()
                .value("type", TYPE)
                .value("bridgeId", established.bridgeId().toString());
        return established.principal() == null
                ? members.done()
                : members.value("principal", established.principal()).done();
    }

    /** @throws MalformedMessageException if the message is not of this type or has no bridge id */
    public static Established read(JsonObject message) {
        if (!JsonMessage.type(message).equals(TYPE)) {
            throw new MalformedMessageException("not an established message");
        }
        try {
            return new Established(
                    BridgeId.parse(JsonMessage.string(message, "bridgeId")), message.getString("principal"));
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("an established message without a bridge id");
        }
    }
}
