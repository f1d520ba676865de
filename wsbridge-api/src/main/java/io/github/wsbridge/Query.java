package io.github.wsbridge;

import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request URL, strictly decoded: percent-escapes must be complete and yield valid UTF-8, and no
 * parameter may appear twice. {@code +} is decoded as a space, as in HTML forms.
 */
public final class Query {

    private final Map<String, String> parameters;

    private Query(Map<String, String> parameters) {
        this.parameters = parameters;
    }

    /**
     * Parses the part of a URL after the question mark.
     *
     * @param raw the query as received, or null if there was none
     * @throws IllegalArgumentException if the query is malformed; the message never quotes a value
     */
    public static Query parse(@Nullable String raw) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (raw != null && !raw.isEmpty()) {
            for (String part : raw.split("&", -1)) {
                int equals = part.indexOf('=');
                String name = decode(equals < 0 ? part : part.substring(0, equals));
                String value = equals < 0 ? "" : decode(part.substring(equals + 1));
                if (!name.isEmpty() && parameters.put(name, value) != null) {
                    throw new IllegalArgumentException("a query parameter appears more than once");
                }
            }
        }
        return new Query(parameters);
    }

    /** Returns the decoded value, or null if the parameter is missing. */
    public @Nullable String get(String name) {
        return parameters.get(name);
    }

    /**
     * Returns all parameters but one in a form that depends on nothing but their names and values: each as
     * {@code name=value}, percent-encoded except for ASCII letters, digits and {@code - . _ *}, sorted, and joined with
     * {@code &}.
     */
    public String canonical(String except) {
        return parameters.entrySet().stream()
                .filter(parameter -> !parameter.getKey().equals(except))
                .map(parameter -> encode(parameter.getKey()) + "=" + encode(parameter.getValue()))
                .sorted()
                .collect(Collectors.joining("&"));
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String decode(String text) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0 && text.chars().allMatch(c -> c < 0x80)) {
            return text;
        }
        ByteBuffer bytes = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                if (i + 2 >= text.length()) {
                    throw new IllegalArgumentException("a percent-escape is incomplete");
                }
                if (!HexFormat.isHexDigit(text.charAt(i + 1)) || !HexFormat.isHexDigit(text.charAt(i + 2))) {
                    throw new IllegalArgumentException("a percent-escape is not hexadecimal");
                }
                bytes.put((byte) HexFormat.fromHexDigits(text, i + 1, i + 3));
                i += 2;
            } else if (c < 0x80) {
                bytes.put((byte) (c == '+' ? ' ' : c));
            } else {
                throw new IllegalArgumentException("the query contains characters that must be percent-encoded");
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a parameter is not UTF-8", e);
        }
    }
}
