package io.github.wsbridge.signal.webhook;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;

/** Headers and JSON of a webhook; docs/protocol.md describes them. */
final class Messages {

    static final String TIMESTAMP = "Wsbridge-Timestamp";
    static final String SIGNATURE = "Wsbridge-Signature";
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** Headers that nobody else sets. */
    static final List<String> OWN = List.of(TIMESTAMP, SIGNATURE, IDEMPOTENCY_KEY);

    static final String DELIVERED = "delivered";
    static final String REJECTED = "rejected";
    static final String UNREACHABLE = "unreachable";
    static final String DEFERRED = "deferred";

    private static final int MAX_DEPTH = 16;

    private Messages() {}

    static byte[] invitation(Invitation invitation) {
        return JsonWriter.string()
                .object()
                .value("type", "invitation")
                .value("deviceId", invitation.deviceId())
                .value("bridgeId", invitation.bridgeId().toString())
                .value("bridgeToken", invitation.token().value())
                .value("acceptUrl", invitation.acceptUrl().toString())
                .value("requestData", invitation.requestData())
                .value("expiresAt", invitation.expiresAt().toString())
                .end()
                .done()
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads what {@link #invitation} wrote.
     *
     * @throws IllegalArgumentException if it is none; says no more, since messages hold secrets
     */
    static Invitation readInvitation(byte[] body) {
        JsonObject json = parse(body);
        if (!json.getString("type", "").equals("invitation")) {
            throw new IllegalArgumentException("not an invitation");
        }
        try {
            return new Invitation(
                    BridgeId.parse(text(json, "bridgeId")),
                    new BridgeRequest(text(json, "deviceId")).deviceId(),
                    new BridgeToken(text(json, "bridgeToken")),
                    URI.create(text(json, "acceptUrl")),
                    json.getString("requestData", ""),
                    Instant.parse(text(json, "expiresAt")));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IllegalArgumentException("not a whole invitation");
        }
    }

    static String result(String result) {
        return JsonWriter.string().object().value("result", result).end().done();
    }

    static String result(String result, String reason) {
        return JsonWriter.string()
                .object()
                .value("result", result)
                .value("reason", reason)
                .end()
                .done();
    }

    static String rejected(int code, String reason) {
        return JsonWriter.string()
                .object()
                .value("result", REJECTED)
                .value("code", code)
                .value("reason", reason)
                .end()
                .done();
    }

    static String error(String why) {
        return JsonWriter.string().object().value("error", why).end().done();
    }

    /**
     * Reads a JSON object.
     *
     * @throws IllegalArgumentException if it is none, or deeper than any message of the bridge: the parser recurses, so depth
     *     costs stack
     */
    static JsonObject parse(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
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
            throw new IllegalArgumentException("not a JSON object");
        }
    }

    private static String text(JsonObject json, String name) {
        String value = json.getString(name);
        if (value == null) {
            throw new IllegalArgumentException("a member is missing");
        }
        return value;
    }
}
