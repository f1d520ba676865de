package io.github.wsbridge.wire.message;

import io.github.wsbridge.spi.Fragment;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Assembles the fragments of text messages of at most {@value JsonMessage#MAX_BYTES} bytes. Not thread-safe. */
public final class TextAssembler {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean skipping;

    /**
     * Adds the next fragment.
     *
     * @return the complete message, or null if the fragment is not the last
     * @throws MalformedMessageException if the message is too long or not text; thrown once, and the rest of it is
     *     skipped
     */
    public @Nullable String add(Fragment fragment) {
        if (skipping) {
            skipping = !fragment.last();
            return null;
        }
        ByteBuffer payload = fragment.payload();
        if (fragment.kind() != Fragment.Kind.TEXT || bytes.size() + payload.remaining() > JsonMessage.MAX_BYTES) {
            bytes.reset();
            skipping = !fragment.last();
            throw new MalformedMessageException("not a text message of at most 64 KiB");
        }
        byte[] piece = new byte[payload.remaining()];
        payload.get(piece);
        bytes.writeBytes(piece);
        if (!fragment.last()) {
            return null;
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        bytes.reset();
        return text;
    }
}
