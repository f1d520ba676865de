package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.wire.trace.TraceFields;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * The invitation message, which is the same on every secondary channel. It does not contain the device id. Its form is
 * part of the protocol (docs/protocol.md), so that secondary channels of any origin can use it.
 */
public final class InvitationJson {

    /** The message type. */
    public static final String TYPE = "invitation";

    private InvitationJson() {}

    /** Returns an invitation as the text of a JSON object; a secret, as it contains the token. */
    public static String format(Invitation invitation) {
        return JsonWriter.string(write(invitation));
    }

    /**
     * Parses what {@link #format} has written. Members that are not known are ignored.
     *
     * @param json at most 64 KiB of untrusted text
     * @param deviceId the device that it is for, which the channel knows
     * @throws MalformedMessageException if it is not an invitation; the message quotes nothing of it
     */
    public static Invitation parse(String json, String deviceId) {
        return read(JsonMessage.read(json), deviceId);
    }

    public static JsonObject write(Invitation invitation) {
        var members = JsonObject.builder()
                .value("type", TYPE)
                .value("bridgeId", invitation.bridgeId().toString())
                .value("bridgeToken", invitation.token().value())
                .value("acceptUrl", invitation.acceptUrl().toString())
                .value("requestData", invitation.requestData())
                .value("principal", invitation.principal())
                .value("expiresAt", invitation.expiresAt().toString());
        if (!invitation.reason().isEmpty()) {
            members.value("reason", invitation.reason());
        }
        TraceFields.forEach(invitation.trace(), members::value);
        return members.done();
    }

    /** @throws MalformedMessageException if the message is not an invitation */
    public static Invitation read(JsonObject message, String deviceId) {
        if (!JsonMessage.type(message).equals(TYPE)) {
            throw new MalformedMessageException("not an invitation");
        }
        return readMembers(message, deviceId);
    }

    /**
     * Reads an invitation's members from a message of any type.
     *
     * @throws MalformedMessageException if one is missing or invalid
     */
    public static Invitation readMembers(JsonObject message, String deviceId) {
        try {
            return new Invitation(
                    BridgeId.parse(JsonMessage.string(message, "bridgeId")),
                    deviceId,
                    new BridgeToken(JsonMessage.string(message, "bridgeToken")),
                    URI.create(JsonMessage.string(message, "acceptUrl")),
                    message.getString("requestData", ""),
                    message.getString("principal", ""),
                    message.getString("reason", ""),
                    Instant.parse(JsonMessage.string(message, "expiresAt")),
                    TraceContext.of(
                            message.getString(TraceContext.TRACEPARENT, ""),
                            message.getString(TraceContext.TRACESTATE, "")));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MalformedMessageException("not a complete invitation"); // their messages quote the members
        }
    }
}
