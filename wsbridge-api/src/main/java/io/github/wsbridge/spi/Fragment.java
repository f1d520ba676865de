package io.github.wsbridge.spi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A piece of a WebSocket message, as a transport found or cut it. Nobody on the way puts messages together again.
 *
 * @param kind the kind of the message that it is part of; the same for all pieces of one message
 * @param payload the bytes between position and limit; UTF-8 for text, where a character may be split between fragments.
 *     It belongs to whoever was given the fragment, until that one passes it on.
 * @param last whether the message ends here
 */
public record Fragment(Kind kind, ByteBuffer payload, boolean last) {

    /** The two kinds of messages. */
    public enum Kind {
        /** UTF-8 text. */
        TEXT,
        /** Bytes. */
        BINARY
    }

    /** A whole binary message. */
    public static Fragment binary(ByteBuffer payload) {
        return new Fragment(Kind.BINARY, payload, true);
    }

    /** A whole text message. */
    public static Fragment text(String text) {
        return new Fragment(Kind.TEXT, StandardCharsets.UTF_8.encode(text), true);
    }

    /** Shows kind and size, not content. */
    @Override
    public String toString() {
        return kind + "[" + payload.remaining() + (last ? " bytes, last]" : " bytes]");
    }
}
