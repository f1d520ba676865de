package io.github.wsbridge.signal.mqtt;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;

/** The payloads: JSON, an invitation the same as on the listen socket; docs/protocol.md describes each. */
final class Messages {

    /** The longest payload that is read, in bytes. */
    static final int MAX_BYTES = 64 * 1024;

    private static final int MAX_DEPTH = 16;
    private static final int DEFAULT_CODE = 403;
    private static final int MAX_CODE = 9999;

    private Messages() {}

    static byte[] invitation(Invitation invitation) {
        return bytes(JsonWriter.string()
                .object()
                .value("type", "invitation")
                .value("bridgeId", invitation.bridgeId().toString())
                .value("bridgeToken", invitation.token().value())
                .value("acceptUrl", invitation.acceptUrl().toString())
                .value("requestData", invitation.requestData())
                .value("expiresAt", invitation.expiresAt().toString())
                .end()
                .done());
    }

    /** The device will open the accept URL. */
    static byte[] accept() {
        return bytes(JsonWriter.string().object().value("type", "accept").end().done());
    }

    static byte[] reject(int code, String reason) {
        return bytes(JsonWriter.string()
                .object()
                .value("type", "reject")
                .value("code", code)
                .value("reason", reason)
                .end()
                .done());
    }

    /**
     * Reads an invitation.
     *
     * @throws IllegalArgumentException if it is none; says no more, since messages hold secrets
     */
    static Invitation readInvitation(byte[] payload, String deviceId) {
        JsonObject message = read(payload);
        if (!message.getString("type", "").equals("invitation")) {
            throw new IllegalArgumentException("not an invitation");
        }
        try {
            return new Invitation(
                    BridgeId.parse(text(message, "bridgeId")),
                    deviceId,
                    new BridgeToken(text(message, "bridgeToken")),
                    URI.create(text(message, "acceptUrl")),
                    message.getString("requestData", ""),
                    Instant.parse(text(message, "expiresAt")));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IllegalArgumentException("not a whole invitation");
        }
    }

    /**
     * Reads a device's answer.
     *
     * @return {@link Result.Delivered} where it accepts
     * @throws IllegalArgumentException if it is none
     */
    static Result readAnswer(byte[] payload) {
        JsonObject message = read(payload);
        switch (message.getString("type", "")) {
            case "accept":
                return new Result.Delivered();
            case "reject":
                int code = message.getInt("code", DEFAULT_CODE);
                if (code < 0 || code > MAX_CODE) {
                    throw new IllegalArgumentException("not a reject code");
                }
                return new Result.Rejected(code, message.getString("reason", ""));
            default:
                throw new IllegalArgumentException("not an answer");
        }
    }

    private static JsonObject read(byte[] payload) {
        if (payload.length > MAX_BYTES) {
            throw new IllegalArgumentException("longer than 64 KiB");
        }
        String text = new String(payload, StandardCharsets.UTF_8);
        if (depth(text) > MAX_DEPTH) { // the parser recurses, so depth costs stack
            throw new IllegalArgumentException("nested too deep");
        }
        try {
            return JsonParser.object().from(text);
        } catch (JsonParserException e) {
            throw new IllegalArgumentException("not a JSON object");
        }
    }

    private static int depth(String text) {
        int depth = 0;
        int deepest = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (quoted) {
                i += c == '\\' ? 1 : 0;
            } else if (c == '{' || c == '[') {
                deepest = Math.max(deepest, ++depth);
            } else if (c == '}' || c == ']') {
                depth--;
            }
        }
        return deepest;
    }

    private static String text(JsonObject message, String name) {
        String value = message.getString(name);
        if (value == null) {
            throw new IllegalArgumentException("a member is missing");
        }
        return value;
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
