package io.github.wsbridge.tyrus;

import io.github.wsbridge.CloseReason;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.glassfish.tyrus.core.ProtocolException;

/** Translates close reasons: to and from Jakarta's, and to and from the payload of a close frame. */
final class CloseCodes {

    private static final int INTERNAL_ERROR = 1011;
    private static final int ABNORMAL = 1006;

    private CloseCodes() {}

    /** What a container can send: 1000 for a missing code, 1011 for one that must not be sent. */
    static jakarta.websocket.CloseReason toJakarta(CloseReason reason) {
        return jakarta(reason.code() == CloseReason.NO_STATUS ? CloseReason.NORMAL : sendable(reason), reason.reason());
    }

    private static jakarta.websocket.CloseReason jakarta(int code, String reason) {
        try {
            // Tomcat compares by identity.
            return new jakarta.websocket.CloseReason(
                    jakarta.websocket.CloseReason.CloseCodes.getCloseCode(code), reason);
        } catch (IllegalArgumentException e) {
            return new jakarta.websocket.CloseReason(() -> code, reason); // 1014, which Jakarta does not know
        }
    }

    /** What a container has reported. */
    static CloseReason fromJakarta(jakarta.websocket.CloseReason reason) {
        int code = reason.getCloseCode().getCode();
        String words = reason.getReasonPhrase() == null ? "" : reason.getReasonPhrase();
        return code < 1000 || code > 4999 || code == ABNORMAL
                ? CloseReason.vanished(words)
                : new CloseReason(code, words);
    }

    /** The payload of a close frame: empty for a missing code. */
    static byte[] encode(CloseReason reason) {
        if (reason.code() == CloseReason.NO_STATUS) {
            return new byte[0];
        }
        byte[] words = reason.reason().getBytes(StandardCharsets.UTF_8);
        int code = sendable(reason);
        return ByteBuffer.allocate(2 + words.length)
                .put((byte) (code >> 8))
                .put((byte) code)
                .put(words)
                .array();
    }

    /**
     * What a close frame says.
     *
     * @throws ProtocolException if it holds half a code, one that must not be sent, or words that are not UTF-8
     */
    static CloseReason decode(byte[] payload) throws ProtocolException {
        if (payload.length == 0) {
            return new CloseReason(CloseReason.NO_STATUS, "");
        }
        int code = payload.length == 1 ? 0 : (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
        if (code < 1000 || code > 4999 || !new CloseReason(code, "").sendable()) {
            throw new ProtocolException("a close frame with an illegal code");
        }
        try {
            ByteBuffer words = ByteBuffer.wrap(payload, 2, payload.length - 2);
            return new CloseReason(
                    code, StandardCharsets.UTF_8.newDecoder().decode(words).toString());
        } catch (CharacterCodingException e) {
            throw new ProtocolException("a close frame with words that are not UTF-8");
        }
    }

    private static int sendable(CloseReason reason) {
        return reason.sendable() ? reason.code() : INTERNAL_ERROR;
    }
}
