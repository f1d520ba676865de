package io.github.wsbridge.core.tokens;

import java.util.Base64;

/** TokenText bytes as text: URL-safe base64 without padding, one text only for the same bytes. */
public final class TokenText {

    private TokenText() {}

    public static String text(byte[] sealed) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    }

    /**
     * Reads what {@link #text} wrote. The JDK's decoder alone would also take padding and other bits in the last character,
     * so that what is good once could be told again in other words.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static byte[] bytes(String text) {
        byte[] sealed = Base64.getUrlDecoder().decode(text);
        if (!text(sealed).equals(text)) {
            throw new IllegalArgumentException("not the one way to write these bytes");
        }
        return sealed;
    }
}
