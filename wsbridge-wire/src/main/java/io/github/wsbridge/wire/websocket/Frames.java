package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.CloseReason;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Writes RFC 6455 frames, and reads and writes the payload of close frames. */
public final class Frames {

    /** The opcode of a continuation frame. */
    public static final int CONTINUATION = 0x0;
    /** The opcode of a text frame. */
    public static final int TEXT = 0x1;
    /** The opcode of a binary frame. */
    public static final int BINARY = 0x2;
    /** The opcode of a close frame. */
    public static final int CLOSE = 0x8;
    /** The opcode of a ping. */
    public static final int PING = 0x9;
    /** The opcode of a pong. */
    public static final int PONG = 0xA;

    private Frames() {}

    /** Returns the maximum number of bytes that {@link #write} adds to the payload. */
    public static int overhead() {
        return FrameTranslator.HEADROOM;
    }

    /**
     * Writes a frame at the position of {@code out}, which must have room for it, and consumes the payload.
     *
     * @param first the first byte of the header: FIN and opcode
     * @param masked whether to mask the frame with {@code key}
     */
    public static void write(ByteBuffer out, int first, ByteBuffer payload, boolean masked, int key) {
        int length = payload.remaining();
        writeHeader(out, first, length, masked, key);
        append(out, payload, masked ? key : 0);
    }

    /**
     * Writes a part of a frame's payload at the position of {@code out}, after {@link #writeHeader}, and consumes it.
     *
     * @param key the masking key for the first byte; 0 if the frame is not masked
     * @return the key for the next part
     */
    public static int append(ByteBuffer out, ByteBuffer part, int key) {
        int length = part.remaining();
        if (key == 0) {
            out.put(part);
            return 0;
        }
        Masking.apply(part, part.position(), out, out.position(), length, key);
        out.position(out.position() + length);
        part.position(part.limit());
        return Integer.rotateLeft(key, 8 * (length & 3));
    }

    /** Writes a frame's header at the position of {@code out}; the parameters are as for {@link #write}. */
    public static void writeHeader(ByteBuffer out, int first, int length, boolean masked, int key) {
        int bit = masked ? 0x80 : 0;
        out.put((byte) first);
        if (length < 126) {
            out.put((byte) (bit | length));
        } else if (length <= 0xFFFF) {
            out.put((byte) (bit | 126)).putShort((short) length);
        } else {
            out.put((byte) (bit | 127)).putLong(length);
        }
        if (masked) {
            out.putInt(key);
        }
    }

    /**
     * Turns a payload into a frame in place: masks it and writes the header directly before it.
     *
     * @param bytes contains the payload from {@code start} to {@code end}, with room for up to {@link #overhead} bytes
     *     before it; position and limit change
     * @param first FIN and opcode
     * @param masked whether to mask the payload, with {@code key}
     * @return where the frame starts
     */
    public static int wrap(ByteBuffer bytes, int start, int end, int first, boolean masked, int key) {
        int length = end - start;
        int begin = start - (length < 126 ? 2 : length <= 0xFFFF ? 4 : 10) - (masked ? 4 : 0);
        if (masked && key != 0) {
            Masking.move(bytes, start, start, length, key);
        }
        writeHeader(bytes.limit(end).position(begin), first, length, masked, key);
        return begin;
    }

    /**
     * Returns the payload of a close frame. It is empty for {@link CloseReason#NO_STATUS}; codes that must not be sent
     * become 1011.
     */
    public static byte[] closePayload(CloseReason reason) {
        if (reason.code() == CloseReason.NO_STATUS) {
            return new byte[0];
        }
        byte[] words = reason.reason().getBytes(StandardCharsets.UTF_8);
        int code = reason.sendable() ? reason.code() : CloseReason.INTERNAL_ERROR;
        return ByteBuffer.allocate(2 + words.length)
                .putShort((short) code)
                .put(words)
                .array();
    }

    /**
     * Reads the payload of a close frame.
     *
     * @throws ProtocolException if the code is incomplete or must not be sent, or the reason is not UTF-8
     */
    public static CloseReason closeReason(ByteBuffer payload) throws ProtocolException {
        if (!payload.hasRemaining()) {
            return new CloseReason(CloseReason.NO_STATUS, "");
        }
        int code = payload.remaining() == 1 ? 0 : payload.getShort() & 0xFFFF;
        if (code < 1000 || code > 4999 || !new CloseReason(code, "").sendable()) {
            throw new ProtocolException("a close frame with an illegal code");
        }
        try {
            return new CloseReason(
                    code, StandardCharsets.UTF_8.newDecoder().decode(payload).toString());
        } catch (CharacterCodingException e) {
            throw new ProtocolException("a close frame with a reason that is not UTF-8");
        }
    }
}
