package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.spi.Admission;
import org.jspecify.annotations.Nullable;

/**
 * Checks the head of an HTTP/1.1 request byte by byte, before a parser sees it. Where RFC 9112 leaves a choice, it is
 * strict: line breaks are CRLF, and there are no folded lines. So no parser behind it can take a request for another
 * than a proxy before it did. Not thread-safe.
 */
public final class RequestHead {

    /** The maximum number of header fields of a request. */
    public static final int MOST_FIELDS = 100;

    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";
    private static final String VERSION = "HTTP/1.";

    private enum Part {
        METHOD,
        TARGET,
        VERSION,
        LINE_BREAK,
        FIELD,
        NAME,
        VALUE,
        LAST_LINE_BREAK,
        END
    }

    private final int maxBytes;
    private Part part = Part.METHOD;
    private int length; // of the whole head
    private int within; // the number of bytes of this part
    private int fields;
    private Admission.@Nullable Refused refusal;

    /** @param maxBytes the maximum length of the request line and the header together */
    public RequestHead(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes the next byte. Returns whether it takes more: false at the end of the head, and if it is refused. */
    public boolean next(byte value) {
        if (done()) {
            return false;
        }
        length++;
        int c = value & 0xff;
        boolean wellFormed = switch (part) {
            case METHOD -> token(c) || within > 0 && c == ' ' && enter(Part.TARGET);
            case TARGET -> c > ' ' && c <= '~' || within > 0 && c == ' ' && enter(Part.VERSION);
            case VERSION ->
                within < VERSION.length()
                        ? c == VERSION.charAt(within)
                        : within == VERSION.length() ? c >= '0' && c <= '9' : c == '\r' && enter(Part.LINE_BREAK);
            case LINE_BREAK -> c == '\n' && enter(Part.FIELD);
            case FIELD -> c == '\r' ? enter(Part.LAST_LINE_BREAK) : token(c) && enter(Part.NAME);
            case NAME -> token(c) || c == ':' && enter(Part.VALUE);
            case VALUE -> c == '\t' || c >= ' ' && c != 0x7f || c == '\r' && enter(Part.LINE_BREAK);
            case LAST_LINE_BREAK -> c == '\n' && enter(Part.END);
            case END -> false;
        };
        within++;
        if (!wellFormed) {
            refusal = ServerUpgrade.MALFORMED;
        } else if (length > maxBytes || fields > MOST_FIELDS) {
            refusal = ServerUpgrade.TOO_LARGE;
        }
        return !done();
    }

    private boolean enter(Part next) {
        part = next;
        within = -1; // next() counts
        if (next == Part.NAME) {
            fields++;
        }
        return true;
    }

    private static boolean token(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || TOKEN_MARKS.indexOf(c) >= 0;
    }

    private boolean done() {
        return refusal != null || part == Part.END;
    }

    /** Returns why the request is refused; null if there is nothing wrong with what has been seen of it. */
    public Admission.@Nullable Refused refusal() {
        return refusal;
    }

    /** Returns whether the head is complete. */
    public boolean complete() {
        return part == Part.END && refusal == null;
    }
}
