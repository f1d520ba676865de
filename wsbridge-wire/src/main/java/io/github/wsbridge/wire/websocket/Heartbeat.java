package io.github.wsbridge.wire.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The payload of an unsolicited pong that announces the sender's next frame (docs/protocol.md): {@code heartbeat 13000}
 * says that there will be one within 13 seconds.
 */
public final class Heartbeat {

    private static final String WORD = "heartbeat ";
    private static final int DIGITS = 8;

    private Heartbeat() {}

    /** Returns the payload for a positive time, which is rounded to milliseconds. */
    public static byte[] payload(Duration next) {
        return (WORD + Math.max(1, next.toMillis())).getBytes(ISO_8859_1);
    }

    /** Returns the time that a pong's payload announces; null if it is another pong. */
    public static @Nullable Duration read(byte[] payload) {
        int length = payload.length - WORD.length();
        if (length < 1 || length > DIGITS) {
            return null;
        }
        String text = new String(payload, ISO_8859_1);
        if (!text.startsWith(WORD)) {
            return null;
        }
        long millis = 0;
        for (char digit : text.substring(WORD.length()).toCharArray()) {
            if (digit < '0' || digit > '9') {
                return null;
            }
            millis = 10 * millis + digit - '0';
        }
        return millis == 0 ? null : Duration.ofMillis(millis);
    }
}
