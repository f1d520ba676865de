package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import java.nio.charset.StandardCharsets;

/** Close codes as the JDK's WebSocket takes and gives them. */
final class CloseCodes {

    private CloseCodes() {}

    /**
     * The nearest close that the JDK can send. It cannot send an empty close frame, and refuses the codes that it takes for
     * a server's alone; and no unpaired surrogate.
     */
    static CloseReason sendable(CloseReason reason) {
        String text = new String(reason.reason().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        return new CloseReason(sendable(reason.code()), text);
    }

    private static int sendable(int code) {
        return switch (code) {
            case CloseReason.NO_STATUS -> CloseReason.NORMAL;
            case CloseReason.PROTOCOL_ERROR,
                    CloseReason.UNSUPPORTED_DATA,
                    CloseReason.INVALID_PAYLOAD,
                    CloseReason.TOO_BIG,
                    CloseReason.MANDATORY_EXTENSION ->
                CloseReason.POLICY_VIOLATION; // the peer has sent what is not wanted
            case CloseReason.SERVICE_RESTART, CloseReason.TRY_AGAIN_LATER -> CloseReason.GOING_AWAY; // come back later
            case CloseReason.NORMAL, CloseReason.GOING_AWAY, CloseReason.POLICY_VIOLATION -> code;
            default -> code >= 3000 ? code : CloseReason.INTERNAL_ERROR;
        };
    }

    /** What the peer has sent. The JDK lets through codes above 4999, which mean nothing. */
    static CloseReason received(int code, String text) {
        return code > 4999
                ? new CloseReason(CloseReason.PROTOCOL_ERROR, "invalid close code " + code)
                : new CloseReason(code, text);
    }
}
