package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads and writes the bridge's JSON messages, which docs/protocol.md describes. */
public final class JsonMessage {

    /** The maximum size of a message, in bytes. */
    public static final int MAX_BYTES = 64 * 1024;

    private static final int MAX_DEPTH = 16;

    /** The longest number that the project writes has 20 characters. */
    private static final int MAX_NUMBER = 40;

    private JsonMessage() {}

    public static byte[] write(JsonObject message) {
        return JsonWriter.string(message).getBytes(StandardCharsets.UTF_8);
    }

    /** @throws MalformedMessageException if it is not a JSON object, too long, or has what {@link #excess} rejects */
    public static JsonObject read(byte[] utf8) {
        if (utf8.length > MAX_BYTES) {
            throw tooLong();
        }
        return read(new String(utf8, StandardCharsets.UTF_8));
    }

    /** @throws MalformedMessageException if it is not a JSON object, too long, or has what {@link #excess} rejects */
    public static JsonObject read(String text) {
        if (readValue(text) instanceof JsonObject message) {
            return message;
        }
        throw new MalformedMessageException("not a JSON object");
    }

    /**
     * Reads any JSON value, for channels whose peers may send something other than an object.
     *
     * @throws MalformedMessageException if it is not JSON, too long, or has what {@link #excess} rejects
     */
    public static @Nullable Object readValue(String text) {
        if (text.length() > MAX_BYTES) {
            throw tooLong();
        }
        String excess = excess(text);
        if (excess != null) {
            throw new MalformedMessageException(excess);
        }
        try {
            return JsonParser.any().from(text);
        } catch (JsonParserException e) {
            throw new MalformedMessageException("not JSON"); // the parser's message quotes the text
        }
    }

    /**
     * Returns how a text exceeds what a parser may be given, apart from its length; null if it does not. Depth costs
     * the recursive parser stack, and a long number costs it time that grows with the square of its length.
     */
    public static @Nullable String excess(String text) {
        int depth = 0;
        int number = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            number = quoted || !inNumber(c) ? 0 : number + 1;
            if (number > MAX_NUMBER) {
                return "a number is too long";
            }
            if (c == '"') {
                quoted = !quoted;
            } else if (quoted) {
                i += c == '\\' ? 1 : 0;
            } else if (c == '{' || c == '[') {
                depth++;
                if (depth > MAX_DEPTH) {
                    return "nested too deep";
                }
            } else if (c == '}' || c == ']') {
                depth--;
            }
        }
        return null;
    }

    private static boolean inNumber(char c) {
        return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
    }

    private static MalformedMessageException tooLong() {
        return new MalformedMessageException("longer than 64 KiB");
    }

    /** Returns the member {@code type}, or an empty string if there is none. */
    public static String type(JsonObject message) {
        return message.getString("type", "");
    }

    /** @throws MalformedMessageException if there is no string member of that name */
    public static String string(JsonObject message, String name) {
        String value = message.getString(name);
        if (value == null) {
            throw new MalformedMessageException(name + " is missing");
        }
        return value;
    }
}
