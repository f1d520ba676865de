package io.github.wsbridge.signal.iothub;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The payloads of direct methods and messages; docs/protocol.md describes them. */
final class Messages {

    /** The direct method that invites. */
    static final String METHOD = "Bridge";

    /** The application property that marks a cloud-to-device message as an invitation. */
    static final String PROPERTY = "wsbridge";

    static final String INVITATION = "invitation";

    private static final int OK = 200;
    private static final int DEFAULT_CODE = 403;
    private static final int MAX_CODE = 9999;
    private static final int MAX_LENGTH = 64 * 1024;
    private static final int MAX_DEPTH = 16;

    private Messages() {}

    /** What the device is told, for the SDK to write as JSON. */
    static Map<String, Object> invitation(Invitation invitation) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("type", INVITATION);
        members.put("bridgeId", invitation.bridgeId().toString());
        members.put("bridgeToken", invitation.token().value());
        members.put("acceptUrl", invitation.acceptUrl().toString());
        members.put("requestData", invitation.requestData());
        members.put("expiresAt", invitation.expiresAt().toString());
        return members;
    }

    /**
     * A direct method's name, if it is one.
     *
     * @throws IllegalArgumentException if it is not
     */
    static String methodName(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a direct method has a name");
        }
        return name;
    }

    static String json(Map<String, Object> members) {
        return JsonWriter.string(members);
    }

    /**
     * Reads what {@link #invitation} wrote.
     *
     * @throws IllegalArgumentException if it is none; says no more, since messages hold secrets
     */
    static Invitation readInvitation(String json, String deviceId) {
        try {
            if (!(parse(json) instanceof JsonObject message)) {
                throw new IllegalArgumentException("not an object");
            }
            return new Invitation(
                    BridgeId.parse(text(message, "bridgeId")),
                    deviceId,
                    new BridgeToken(text(message, "bridgeToken")),
                    URI.create(text(message, "acceptUrl")),
                    message.getString("requestData", ""),
                    Instant.parse(text(message, "expiresAt")));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IllegalArgumentException("not an invitation");
        }
    }

    /** A rejection's status: the device's own code, unless the node would take that for an acceptance. */
    static int status(int code) {
        return code == 0 || code == OK ? DEFAULT_CODE : code;
    }

    static Map<String, Object> rejection(int code, String reason) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("result", "rejected");
        members.put("code", code);
        members.put("reason", reason);
        return members;
    }

    static Map<String, Object> result(String result) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("result", result);
        return members;
    }

    /**
     * What a direct method's answer means. 0 and 200 accept; any other status rejects, with the payload's reason: its member
     * {@code reason}, or the payload itself where that is text. A member {@code code} outdoes the status.
     */
    static Result readAnswer(int status, String payload) {
        if (status == 0 || status == OK) {
            return new Result.Delivered();
        }
        int code = status;
        String reason = "";
        try {
            Object content = parse(payload);
            if (content instanceof String text) {
                reason = text;
            } else if (content instanceof JsonObject object) {
                code = object.getInt("code", status);
                reason = object.getString("reason", "");
            }
        } catch (IllegalArgumentException e) {
            reason = "";
        }
        return new Result.Rejected(code < 0 || code > MAX_CODE ? DEFAULT_CODE : code, reason);
    }

    /** The parser recurses, so depth costs stack. */
    private static @Nullable Object parse(String json) {
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (quoted) {
                i += c == '\\' ? 1 : 0;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
            }
            if (depth > MAX_DEPTH || i >= MAX_LENGTH) {
                throw new IllegalArgumentException("too deep or too long");
            }
        }
        try {
            return JsonParser.any().from(json);
        } catch (JsonParserException e) {
            throw new IllegalArgumentException("not JSON");
        }
    }

    private static String text(JsonObject message, String name) {
        String value = message.getString(name);
        if (value == null) {
            throw new IllegalArgumentException("a member is missing");
        }
        return value;
    }
}
