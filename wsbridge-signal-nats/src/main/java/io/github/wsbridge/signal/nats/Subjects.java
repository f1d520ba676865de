package io.github.wsbridge.signal.nats;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The subjects of devices. Each byte of an id's UTF-8 form other than ASCII letters, digits and {@code - _ ~} becomes
 * {@code %} and two upper-case hexadecimal digits, so that different ids have different subjects, and none adds a token
 * or a wildcard.
 */
final class Subjects {

    private static final String SAFE = "-_~";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private Subjects() {}

    /** @throws IllegalArgumentException if the id is not valid Unicode */
    static String invitations(String deviceId) {
        ByteBuffer bytes;
        try {
            // Strictly: otherwise a lone surrogate would become a question mark, and different ids the same.
            bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(deviceId));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not valid Unicode", e);
        }
        StringBuilder subject = new StringBuilder("wsbridge.v1.devices.");
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || SAFE.indexOf(b) >= 0) {
                subject.append((char) b);
            } else {
                subject.append('%').append(HEX.toHexDigits(b));
            }
        }
        return subject.append(".invitations").toString();
    }
}
