package io.github.wsbridge.wire.websocket;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Decodes the fragments of text messages, for transports whose API takes text as strings. A character that is split
 * between fragments is carried over to the later one. Not thread-safe: each sending side of a leg has its own.
 */
public final class TextDecoder {

    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private final ByteBuffer carry = ByteBuffer.allocate(4);

    /**
     * Decodes one fragment's payload.
     *
     * @return the characters that are complete so far, never half a surrogate pair
     * @throws CharacterCodingException if the text is not UTF-8
     */
    public String decode(ByteBuffer payload, boolean last) throws CharacterCodingException {
        CharBuffer out = CharBuffer.allocate(payload.remaining() + 2);
        while (carry.position() > 0 && payload.hasRemaining()) {
            carry.put(payload.get());
            carry.flip();
            check(decoder.decode(carry, out, false));
            carry.compact();
        }
        check(decoder.decode(payload, out, false));
        while (payload.hasRemaining()) {
            carry.put(payload.get());
        }
        if (last) {
            carry.flip();
            check(decoder.decode(carry, out, true));
            check(decoder.flush(out));
            decoder.reset();
            carry.clear();
        }
        return out.flip().toString();
    }

    private static void check(CoderResult result) throws CharacterCodingException {
        if (result.isError()) {
            result.throwException();
        }
    }
}
