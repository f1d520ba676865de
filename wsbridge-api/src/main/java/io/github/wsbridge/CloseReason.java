package io.github.wsbridge;

import java.io.Serializable;

/**
 * Why a leg or a bridge ended: a WebSocket close code (RFC 6455, section 7.4) and a short reason.
 *
 * <p>The codes from 4000 up that are defined here are the bridge's own. Any other valid code comes from a peer and is
 * relayed unchanged.
 *
 * @param code the close code, or {@link #NO_STATUS} if the peer's close frame had none
 * @param reason at most 123 bytes of UTF-8, for people; never a secret
 */
public record CloseReason(int code, String reason) implements Serializable {

    /** A normal closure. */
    public static final int NORMAL = 1000;

    /** The node is stopping and its grace period is over. */
    public static final int GOING_AWAY = 1001;

    /** The peer violated the protocol. */
    public static final int PROTOCOL_ERROR = 1002;

    /** The peer sent a type of data that cannot be accepted. */
    public static final int UNSUPPORTED_DATA = 1003;

    /** The peer's close frame had no code. It is relayed as a close frame without a code; this number is never sent. */
    public static final int NO_STATUS = 1005;

    /** The connection ended without a close frame. Reported by some WebSocket libraries, never sent. */
    public static final int ABNORMAL = 1006;

    /** The content of a message is not consistent with its type, such as text that is not UTF-8. */
    public static final int INVALID_PAYLOAD = 1007;

    /** A message violates a policy. */
    public static final int POLICY_VIOLATION = 1008;

    /** A message is too big to process. */
    public static final int TOO_BIG = 1009;

    /** The server did not negotiate an extension that the client needs. */
    public static final int MANDATORY_EXTENSION = 1010;

    /** The peer encountered an unexpected condition. */
    public static final int INTERNAL_ERROR = 1011;

    /** The service is restarting. */
    public static final int SERVICE_RESTART = 1012;

    /** The service is overloaded; a later attempt may succeed. */
    public static final int TRY_AGAIN_LATER = 1013;

    /** The other end vanished without a close. */
    public static final int VANISHED = 4000;

    /** The device rejected the invitation. The reason consists of the device's code, a space and its text. */
    public static final int REJECTED = 4403;

    /** The device cannot be reached over any secondary channel. */
    public static final int UNREACHABLE = 4404;

    /** The device did not accept in time. */
    public static final int TIMED_OUT = 4408;

    /** A newer listener for the same device has replaced this one. */
    public static final int REPLACED = 4409;

    /** The token is invalid, expired or already used, or its requester has gone. */
    public static final int BAD_TOKEN = 4410;

    /** A limit was exceeded. */
    public static final int OVER_LIMIT = 4429;

    /** The node that owns the token cannot be reached. */
    public static final int OWNER_UNREACHABLE = 4502;

    /** The node is full or draining. */
    public static final int UNAVAILABLE = 4503;

    private static final int MAX_REASON_BYTES = 123;

    /** Truncates the reason, at a character boundary, to what a close frame can carry. */
    public CloseReason {
        if (code < 1000 || code > 4999) {
            throw new IllegalArgumentException("not a close code: " + code);
        }
        reason = cut(reason);
    }

    /** Returns whether the code may appear in a close frame (RFC 6455, section 7.4, and the IANA registry). */
    public boolean sendable() {
        return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000;
    }

    /** Returns a normal closure. */
    public static CloseReason normal() {
        return new CloseReason(NORMAL, "");
    }

    /** Returns the reason for an end without a close frame. */
    public static CloseReason vanished(String why) {
        return new CloseReason(VANISHED, why);
    }

    /** Returns the reason for a device's rejection. */
    public static CloseReason rejected(Rejection rejection) {
        return new CloseReason(REJECTED, (rejection.code() + " " + rejection.reason()).strip());
    }

    private static String cut(String text) {
        if (text.length() <= MAX_REASON_BYTES / 3) {
            return text; // no UTF-16 code unit takes more than three bytes
        }
        int bytes = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
            if (bytes > MAX_REASON_BYTES) {
                return text.substring(0, i);
            }
            i += Character.charCount(c);
        }
        return text;
    }

    @Override
    public String toString() {
        return reason.isEmpty() ? Integer.toString(code) : code + " " + reason;
    }
}
