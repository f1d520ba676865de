package io.github.wsbridge;

/**
 * The encrypted name of a pending bridge, as used in an accept URL. Anyone who holds it before its first successful use
 * can act as the device, so it is a secret: {@link #toString()} does not show it, and it must never be logged.
 *
 * @param value the token, which needs no escaping in a URL: ASCII letters, digits, {@code -} and {@code _}
 */
public record BridgeToken(String value) {

    /** The maximum length of a token, in characters. */
    public static final int MAX_LENGTH = 1024;

    /** Checks the length and the alphabet, so that no garbage reaches a codec. */
    public BridgeToken {
        if (value.isEmpty() || value.length() > MAX_LENGTH || !value.chars().allMatch(BridgeToken::allowed)) {
            throw new IllegalArgumentException("not a bridge token");
        }
    }

    private static boolean allowed(int c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    @Override
    public String toString() {
        return "BridgeToken[redacted]";
    }
}
