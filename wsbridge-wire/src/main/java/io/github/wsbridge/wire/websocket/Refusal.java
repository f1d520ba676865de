package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Headers;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads a server's refusal of a handshake: an HTTP response with a status other than 101. */
public final class Refusal {

    /** How much of a response's body is worth reading, in bytes. */
    public static final int MOST_BYTES = 1024;

    private static final int MOST_WORDS = 200;
    private static final int MOST_RETRY_DIGITS = 6;

    private Refusal() {}

    /**
     * Returns the failure that the response stands for.
     *
     * @param body the beginning of the response's body; only plain text is understood
     */
    public static HandshakeException of(int status, Headers fields, ByteBuffer body) {
        return new HandshakeException(status, words(fields, body), retryAfter(fields), location(status, fields));
    }

    /** Returns whether a response's body may contain words for people. */
    public static boolean speaks(Headers fields) {
        String type = fields.only("Content-Type").toLowerCase(Locale.ROOT);
        return type.isEmpty() || type.startsWith("text/plain");
    }

    private static String words(Headers fields, ByteBuffer body) {
        if (!speaks(fields)) {
            return ""; // a page for browsers
        }
        byte[] bytes = new byte[Math.min(body.remaining(), MOST_BYTES)];
        body.duplicate().get(bytes);
        String text = new String(bytes, StandardCharsets.UTF_8)
                .strip()
                .lines()
                .findFirst()
                .orElse("")
                .replaceAll("\\p{Cntrl}|[\\x80-\\x9f]", " ")
                .strip();
        if (text.startsWith("<")) {
            return "";
        }
        return text.length() > MOST_WORDS ? text.substring(0, MOST_WORDS) : text;
    }

    private static @Nullable Duration retryAfter(Headers fields) {
        String value = fields.only("Retry-After").strip();
        return value.matches("[0-9]{1," + MOST_RETRY_DIGITS + "}") ? Duration.ofSeconds(Long.parseLong(value)) : null;
    }

    private static @Nullable URI location(int status, Headers fields) {
        String value = fields.only("Location").strip();
        if (status / 100 != 3 || value.isEmpty()) {
            return null;
        }
        try {
            return new URI(value);
        } catch (URISyntaxException e) {
            return null; // cannot be followed
        }
    }
}
