package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Headers;
import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The first line and the header fields of an HTTP/1.1 message (RFC 9112). Immutable. */
final class HttpHead implements Headers {

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    private final String line;
    private final Map<String, List<String>> fields = new HashMap<>();

    private HttpHead(String text) throws ProtocolException {
        String[] lines = text.split("\r\n", -1);
        line = lines[0];
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            String name = colon < 0 ? "" : lines[i].substring(0, colon);
            String value = lines[i].substring(colon + 1).strip();
            if (!isToken(name) || !isValue(value)) {
                throw new ProtocolException("a header field is garbled");
            }
            fields.computeIfAbsent(name.toLowerCase(Locale.ROOT), n -> new ArrayList<>())
                    .add(value);
        }
    }

    /** Tells whether it may be the name of a field. */
    static boolean isToken(String text) {
        return text.matches(TOKEN);
    }

    /** Tells whether it may be the value of a field: no control characters but tabs, and Latin-1 only. */
    static boolean isValue(String text) {
        return text.chars().noneMatch(c -> c < ' ' && c != '\t' || c == 0x7F || c > 0xFF);
    }

    /** The request line or status line. */
    String line() {
        return line;
    }

    @Override
    public List<String> all(String name) {
        return List.copyOf(fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()));
    }

    /** Collects a head from the bytes of a connection. Not thread-safe. */
    static final class Collector {
        private static final int END = '\r' << 24 | '\n' << 16 | '\r' << 8 | '\n';

        private final int maxBytes;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        private int tail; // the last four bytes

        /** Takes heads of up to {@code maxBytes}. */
        Collector(int maxBytes) {
            this.maxBytes = maxBytes;
        }

        /**
         * Takes bytes up to the end of the head.
         *
         * @return the head; null where it has not ended yet
         * @throws TooLarge if it is longer than allowed
         * @throws ProtocolException if it is garbled
         */
        @Nullable
        HttpHead take(ByteBuffer in) throws ProtocolException {
            while (in.hasRemaining()) {
                byte b = in.get();
                bytes.write(b);
                tail = tail << 8 | b & 0xFF;
                if (bytes.size() > maxBytes) {
                    throw new TooLarge();
                }
                if (tail == END) {
                    String text = bytes.toString(StandardCharsets.ISO_8859_1);
                    return new HttpHead(text.substring(0, text.length() - 4));
                }
            }
            return null;
        }
    }

    /** The head is longer than allowed. */
    static final class TooLarge extends ProtocolException {
        private static final long serialVersionUID = 1L;

        TooLarge() {
            super("the header is too large");
        }
    }
}
