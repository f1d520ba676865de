package io.github.wsbridge.spi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A piece of a WebSocket message, as a transport received or split it. Nodes never reassemble messages.
 *
 * @param kind the kind of the message that it belongs to; the same for all fragments of one message
 * @param payload the bytes between position and limit; UTF-8 for text, where a character may be split between
 *     fragments. Whoever receives the fragment owns the payload until passing it on.
 * @param last whether this is the last fragment of the message
 */
public record Fragment(Kind kind, ByteBuffer payload, boolean last) {

    /** The two kinds of messages. */
    public enum Kind {
        /** UTF-8 text. */
        TEXT,
        /** Bytes. */
        BINARY
    }

    /** Returns a complete binary message. */
    public static Fragment binary(ByteBuffer payload) {
        return new Fragment(Kind.BINARY, payload, true);
    }

    /** Returns a complete text message. */
    public static Fragment text(String text) {
        return new Fragment(Kind.TEXT, StandardCharsets.UTF_8.encode(text), true);
    }

    /** Shows the kind and size, not the content. */
    @Override
    public String toString() {
        return kind + "[" + payload.remaining() + (last ? " bytes, last]" : " bytes]");
    }
}
