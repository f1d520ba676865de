package io.github.wsbridge.client;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Fragment;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The JSON messages of the bridge as its ends read and write them; docs/protocol.md describes each. */
final class Messages {

    /** The longest message that is read, in bytes. */
    static final int MAX_BYTES = 64 * 1024;

    private static final int MAX_DEPTH = 16;

    private Messages() {}

    /** A message that is not what it should be. It never says more, since messages hold secrets. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    /** Puts text messages together. Not thread-safe. */
    static final class Assembler {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean tooLong;

        /**
         * Takes the next fragment.
         *
         * @return the message that ends with it; null where it goes on
         * @throws MalformedException at the end of one that is too long or not text
         */
        @Nullable
        String add(Fragment fragment) throws MalformedException {
            ByteBuffer payload = fragment.payload();
            if (bytes.size() + payload.remaining() > MAX_BYTES) {
                tooLong = true;
                bytes.reset();
            }
            if (!tooLong) {
                byte[] piece = new byte[payload.remaining()];
                payload.get(piece);
                bytes.writeBytes(piece);
            }
            if (!fragment.last()) {
                return null;
            }
            String text = bytes.toString(StandardCharsets.UTF_8);
            boolean bad = tooLong || fragment.kind() != Fragment.Kind.TEXT;
            bytes.reset();
            tooLong = false;
            if (bad) {
                throw new MalformedException("not a text message of at most 64 KiB");
            }
            return text;
        }
    }

    static JsonObject read(String text) throws MalformedException {
        if (deep(text)) {
            throw new MalformedException("nested too deep");
        }
        try {
            return JsonParser.object().from(text);
        } catch (JsonParserException e) {
            throw new MalformedException("not a JSON object");
        }
    }

    /** Whether it is nested deeper than any message of the bridge: the parser recurses, so depth costs stack. */
    private static boolean deep(String text) {
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length() && depth <= MAX_DEPTH; i++) {
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
        }
        return depth > MAX_DEPTH;
    }

    static String type(JsonObject message) {
        return message.getString("type", "");
    }

    /** From the owner node, first of all, when a bridge stands. */
    static BridgeId established(String text) throws MalformedException {
        JsonObject message = read(text);
        if (!type(message).equals("established")) {
            throw new MalformedException("not an established message");
        }
        try {
            return BridgeId.parse(string(message, "bridgeId"));
        } catch (IllegalArgumentException e) {
            throw new MalformedException("an established message without a bridge id");
        }
    }

    /** From a node to a device that listens. */
    static Invitation invitation(JsonObject message, String deviceId) throws MalformedException {
        try {
            return new Invitation(
                    BridgeId.parse(string(message, "bridgeId")),
                    deviceId,
                    new BridgeToken(string(message, "bridgeToken")),
                    URI.create(string(message, "acceptUrl")),
                    message.getString("requestData", ""),
                    Instant.parse(string(message, "expiresAt")));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MalformedException("not an invitation");
        }
    }

    /** From a device to the node that it listens at. */
    static String reject(BridgeToken token, int code, String reason) {
        return JsonWriter.string()
                .object()
                .value("type", "reject")
                .value("bridgeToken", token.value())
                .value("code", code)
                .value("reason", reason)
                .end()
                .done();
    }

    private static String string(JsonObject message, String name) {
        String value = message.getString(name);
        if (value == null) {
            throw new IllegalArgumentException("a member is missing");
        }
        return value;
    }
}
