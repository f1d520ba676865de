package io.github.wsbridge.website;

import java.security.SecureRandom;
import java.util.Base64;

/** Text that nobody can guess, of letters, digits, {@code -} and {@code _}. */
final class RandomText {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 24;

    private RandomText() {}

    /** Returns 32 characters with 192 random bits. */
    static String next() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes());
    }

    static byte[] bytes() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /** Returns whether a text looks like one of these. */
    static boolean is(String text) {
        return text.matches("[\\w-]{32}");
    }
}
