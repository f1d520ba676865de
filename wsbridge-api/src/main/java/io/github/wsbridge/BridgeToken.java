package io.github.wsbridge;

/**
 * The encrypted name of a waiting bridge, as it travels in an accept URL. Whoever holds it before its first successful
 * use can be the device, so it is a secret: {@link #toString()} does not show it, and it must never be logged.
 *
 * @param value the token as text that needs no escaping in a URL: letters, digits, {@code -} and {@code _}
 */
public record BridgeToken(String value) {

    /** The longest token a node reads, in characters. */
    public static final int MAX_LENGTH = 1024;

    /** Checks length and alphabet, so that garbage never reaches a codec. */
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
