package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.CloseReason;

/** Translates close reasons to and from Jakarta's. */
final class CloseCodes {

    private CloseCodes() {}

    /** Returns a reason that can be sent: 1000 replaces a missing code, and 1011 a code that must not be sent. */
    static jakarta.websocket.CloseReason toJakarta(CloseReason reason) {
        return jakarta(reason.code() == CloseReason.NO_STATUS ? CloseReason.NORMAL : sendable(reason), reason.reason());
    }

    private static jakarta.websocket.CloseReason jakarta(int code, String reason) {
        try {
            // Tomcat compares codes by identity.
            return new jakarta.websocket.CloseReason(
                    jakarta.websocket.CloseReason.CloseCodes.getCloseCode(code), reason);
        } catch (IllegalArgumentException e) {
            return new jakarta.websocket.CloseReason(() -> code, reason); // 1014, which Jakarta does not know
        }
    }

    /** Converts a reason that a container has reported. */
    static CloseReason fromJakarta(jakarta.websocket.CloseReason reason) {
        int code = reason.getCloseCode().getCode();
        String words = reason.getReasonPhrase() == null ? "" : reason.getReasonPhrase();
        return code < 1000 || code > 4999 || code == CloseReason.ABNORMAL
                ? CloseReason.vanished(words)
                : new CloseReason(code, words);
    }

    private static int sendable(CloseReason reason) {
        return reason.sendable() ? reason.code() : CloseReason.INTERNAL_ERROR;
    }
}
