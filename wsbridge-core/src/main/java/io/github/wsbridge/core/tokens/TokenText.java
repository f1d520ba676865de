package io.github.wsbridge.core.tokens;

import java.util.Base64;

/** Encodes sealed bytes as text: URL-safe base64 without padding. The same bytes have only one valid text. */
public final class TokenText {

    private TokenText() {}

    public static String text(byte[] sealed) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    }

    /**
     * Decodes the result of {@link #text}. The JDK's decoder alone would also accept padding and non-zero trailing bits
     * in the last character, so that a value that may be used once could be reused in a different spelling.
     *
     * @throws IllegalArgumentException if {@code text} is anything else
     */
    public static byte[] bytes(String text) {
        byte[] sealed = Base64.getUrlDecoder().decode(text);
        if (!text(sealed).equals(text)) {
            throw new IllegalArgumentException("not the canonical encoding");
        }
        return sealed;
    }
}
