package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;

/** The JSON messages of the bridge as a node writes and reads them; docs/protocol.md describes each. */
public final class Messages {

    private static final int MAX_DEPTH = 16;

    private Messages() {}

    /**
     * Reads a JSON object.
     *
     * @throws IllegalArgumentException if it is none, or deeper than any message of the bridge: the parser recurses, so depth
     *     costs stack
     */
    public static JsonObject parse(String text) {
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (quoted) {
                i += c == '\\' ? 1 : 0;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
            }
            if (depth > MAX_DEPTH) {
                throw new IllegalArgumentException("nested too deep");
            }
        }
        try {
            return JsonParser.object().from(text);
        } catch (JsonParserException e) {
            throw new IllegalArgumentException("not a JSON object", e);
        }
    }

    /** To both ends, first of all, when their bridge stands. */
    public static String established(BridgeId bridgeId) {
        return JsonWriter.string()
                .object()
                .value("type", "established")
                .value("bridgeId", bridgeId.toString())
                .end()
                .done();
    }

    /** To a device that listens. */
    public static String invitation(Invitation invitation) {
        return JsonWriter.string(json("invitation", invitation));
    }

    /** From a node to a peer: give this to the device if it listens at yours; {@link #answer} with the same number. */
    public static String deliver(long number, Invitation invitation) {
        JsonObject json = json("deliver", invitation);
        json.put("number", number);
        json.put("deviceId", invitation.deviceId());
        return JsonWriter.string(json);
    }

    /** From a peer: whether the device listens there and has been told. */
    public static String answer(long number, boolean delivered) {
        return JsonWriter.string()
                .object()
                .value("type", "answer")
                .value("number", number)
                .value("delivered", delivered)
                .end()
                .done();
    }

    /** To all peers: a device has begun to listen here, so an older listener of it is stale. */
    public static String listening(String deviceId, Instant since) {
        return JsonWriter.string()
                .object()
                .value("type", "listening")
                .value("deviceId", deviceId)
                .value("since", since.toEpochMilli())
                .end()
                .done();
    }

    /** A device's rejection, from the device or from the peer at which it listens. */
    public static String reject(BridgeToken token, Signaller.Result.Rejected rejection) {
        return JsonWriter.string()
                .object()
                .value("type", "reject")
                .value("bridgeToken", token.value())
                .value("code", rejection.code())
                .value("reason", rejection.reason())
                .end()
                .done();
    }

    private static JsonObject json(String type, Invitation invitation) {
        JsonObject json = new JsonObject();
        json.put("type", type);
        json.put("bridgeId", invitation.bridgeId().toString());
        json.put("bridgeToken", invitation.token().value());
        json.put("acceptUrl", invitation.acceptUrl().toString());
        json.put("requestData", invitation.requestData());
        json.put("expiresAt", invitation.expiresAt().toString());
        return json;
    }

    /**
     * The invitation in a {@link #deliver} message.
     *
     * @throws IllegalArgumentException if it is not whole
     */
    public static Invitation readInvitation(JsonObject json) {
        try {
            return new Invitation(
                    BridgeId.parse(text(json, "bridgeId")),
                    text(json, "deviceId"),
                    readToken(json),
                    URI.create(text(json, "acceptUrl")),
                    text(json, "requestData"),
                    Instant.parse(text(json, "expiresAt")));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("expiresAt is no instant", e);
        }
    }

    public static BridgeToken readToken(JsonObject json) {
        return new BridgeToken(text(json, "bridgeToken"));
    }

    public static Signaller.Result.Rejected readRejection(JsonObject json) {
        return new Signaller.Result.Rejected(rejectCode(json.getInt("code", 403)), json.getString("reason", ""));
    }

    /** Checks a device's own code. */
    public static int rejectCode(int code) {
        if (code < 0 || code > 9999) {
            throw new IllegalArgumentException("a reject code is a number from 0 to 9999");
        }
        return code;
    }

    public static String text(JsonObject json, String name) {
        String value = json.getString(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }
}
