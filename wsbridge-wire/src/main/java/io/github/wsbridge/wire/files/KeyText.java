package io.github.wsbridge.wire.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads small text files, such as key files, whatever editor has written them. */
public final class KeyText {

    /** The longest file that is read: 16 MiB. */
    static final int MAX_BYTES = 16 << 20;

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private KeyText() {}

    /**
     * Reads a text in UTF-8, without its byte order mark if it has one. Blocks.
     *
     * @throws IOException if the file cannot be read, is longer than 16 MiB, or is not in UTF-8; the message names it
     */
    public static String read(Path file) throws IOException {
        return text(file, bytes(file));
    }

    static String text(Path file, byte[] content) throws IOException {
        if (utf16(content)) {
            throw new IOException(file + " is in UTF-16; save it as UTF-8 or ASCII");
        }
        CharBuffer text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content));
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not a text in UTF-8", e);
        }
        return text.length() > 0 && text.charAt(0) == BYTE_ORDER_MARK
                ? text.subSequence(1, text.length()).toString()
                : text.toString();
    }

    /** Reads the content of a file that is not longer than 16 MiB. */
    static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(MAX_BYTES + 1); // the size of a pipe is not known before
            if (content.length > MAX_BYTES) {
                throw new IOException(file + " is longer than " + MAX_BYTES + " bytes");
            }
            return content;
        }
    }

    /** Returns whether there is UTF-16's byte order mark, or a zero byte in the first character. */
    private static boolean utf16(byte[] content) {
        if (content.length < 2) {
            return false;
        }
        int first = (content[0] & 0xff) << 8 | content[1] & 0xff;
        return first == 0xfeff || first == 0xfffe || (content[0] == 0) != (content[1] == 0);
    }
}
