package io.github.wsbridge.core.tokens;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import org.jspecify.annotations.Nullable;

/**
 * A key as encoded in a Tink keyset: a protocol buffers message whose fields are numbered 1 to 3, each an unsigned
 * 32-bit number or bytes. Anything else is refused, including a field that occurs twice.
 */
final class KeyMessage {

    private static final int LAST_FIELD = 3;
    private static final int VARINT = 0;
    private static final int BYTES = 2;

    private final @Nullable Object[] fields = new @Nullable Object[LAST_FIELD + 1];

    /** @throws GeneralSecurityException if the bytes are not such a message */
    KeyMessage(byte[] encoded) throws GeneralSecurityException {
        ByteBuffer in = ByteBuffer.wrap(encoded);
        try {
            while (in.hasRemaining()) {
                int tag = varint(in);
                int field = tag >>> 3;
                if (field < 1 || field > LAST_FIELD || fields[field] != null) {
                    throw new GeneralSecurityException("unexpected field " + Integer.toUnsignedString(field));
                }
                fields[field] = switch (tag & 7) {
                    case VARINT -> varint(in);
                    case BYTES -> bytes(in);
                    default -> throw new GeneralSecurityException("field " + field + " has an unexpected type");
                };
            }
        } catch (BufferUnderflowException e) {
            throw new GeneralSecurityException("the key is truncated");
        }
    }

    /** Returns a number; 0 if the field is missing, since protocol buffers omit zeros. */
    int number(int field) throws GeneralSecurityException {
        Object value = fields[field];
        if (value instanceof byte[]) {
            throw new GeneralSecurityException("field " + field + " is not a number");
        }
        return value == null ? 0 : (Integer) value;
    }

    /** Returns bytes; an empty array if the field is missing. */
    byte[] bytes(int field) throws GeneralSecurityException {
        Object value = fields[field];
        if (value instanceof Integer) {
            throw new GeneralSecurityException("field " + field + " is a number");
        }
        return value == null ? new byte[0] : (byte[]) value;
    }

    /** Returns an embedded message. */
    KeyMessage message(int field) throws GeneralSecurityException {
        return new KeyMessage(bytes(field));
    }

    private static int varint(ByteBuffer in) throws GeneralSecurityException {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                if (value >>> 32 != 0) {
                    break;
                }
                return (int) value;
            }
        }
        throw new GeneralSecurityException("a number is longer than 32 bits");
    }

    private static byte[] bytes(ByteBuffer in) throws GeneralSecurityException {
        int length = varint(in);
        if (length < 0 || length > in.remaining()) {
            throw new GeneralSecurityException("the key is truncated");
        }
        byte[] value = new byte[length];
        in.get(value);
        return value;
    }
}
