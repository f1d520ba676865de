package io.github.wsbridge;

/**
 * A device's rejection of an invitation.
 *
 * @param code the device's own code, from 0 to 9999; HTTP status codes are a good choice
 * @param reason the device's explanation for the requester
 */
public record Rejection(int code, String reason) {

    /** The code of a rejection that does not specify one. */
    public static final int DEFAULT_CODE = 403;

    /** @throws IllegalArgumentException if the code is out of range */
    public Rejection {
        if (!isCode(code)) {
            throw new IllegalArgumentException("a reject code must be a number from 0 to 9999");
        }
    }

    /** Returns whether a number is a valid code. */
    public static boolean isCode(int number) {
        return number >= 0 && number <= 9999;
    }
}
