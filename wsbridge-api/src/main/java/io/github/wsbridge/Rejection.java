package io.github.wsbridge;

/**
 * A device's refusal of a bridge.
 *
 * @param code the device's own code, 0 to 9999; those of HTTP are a good choice
 * @param reason the device's own words, for the requester
 */
public record Rejection(int code, String reason) {

    /** The code of a rejection that names none. */
    public static final int DEFAULT_CODE = 403;

    /** @throws IllegalArgumentException if the code is out of range */
    public Rejection {
        if (!isCode(code)) {
            throw new IllegalArgumentException("a reject code is a number from 0 to 9999");
        }
    }

    /** Whether a number can be a code. */
    public static boolean isCode(int number) {
        return number >= 0 && number <= 9999;
    }
}
