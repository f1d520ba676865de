package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.Grizzly;
import org.glassfish.grizzly.attributes.Attribute;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.glassfish.grizzly.http.HttpHeader;
import org.glassfish.grizzly.http.HttpServerFilter;
import org.jspecify.annotations.Nullable;

/** Grizzly's HTTP request parser, made strict: by itself, it accepts lines that are not header fields. */
final class HttpCodec extends HttpServerFilter {

    private static final Pattern REQUEST_LINE = Pattern.compile("[^ ]+ [!-~]+ HTTP/1\\.[0-9]");
    private static final Pattern FIELD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\\t -\\x7E\\x80-\\xFF]*");

    private static final byte TLS_HANDSHAKE = 0x16; // a client that expects TLS here would wait for it

    private static final Attribute<Progress> PROGRESS =
            Grizzly.DEFAULT_ATTRIBUTE_BUILDER.createAttribute(HttpCodec.class.getName());

    /** How much of a request header has been checked. */
    private static final class Progress {
        private int line; // the start of the first incomplete line
        private int checked;
    }

    private final int maxHeaderBytes;

    @SuppressWarnings("deprecation") // there is no other constructor
    HttpCodec(int maxHeaderBytes) {
        super(false, 2 * maxHeaderBytes, null, null); // so that the limit below applies first
        this.maxHeaderBytes = maxHeaderBytes;
    }

    @Override
    public NextAction handleRead(FilterChainContext event) throws IOException {
        Connection<?> connection = event.getConnection();
        Admission.Refused error = ServerFilter.headerDone(connection) ? null : check(connection, event.getMessage());
        if (error == null) {
            return super.handleRead(event);
        }
        ServerFilter.refuse(event, error);
        return event.getStopAction();
    }

    /** Checks the part of a header that has arrived since the last call; returns null if it is valid. */
    private Admission.@Nullable Refused check(Connection<?> connection, Buffer input) {
        Progress progress = PROGRESS.get(connection);
        if (progress == null) {
            progress = new Progress();
            PROGRESS.set(connection, progress);
        }
        int start = input.position();
        int size = input.remaining(); // everything received of the header
        if (size > 0 && input.get(start) == TLS_HANDSHAKE) {
            return ServerUpgrade.MALFORMED;
        }
        for (int i = progress.checked; i < size; i++) {
            if (i > progress.line && input.get(start + i) == '\n' && input.get(start + i - 1) == '\r') {
                String line = input.toStringContent(StandardCharsets.ISO_8859_1, start + progress.line, start + i - 1);
                if (progress.line > 0 && line.isEmpty()) {
                    PROGRESS.remove(connection);
                    return i + 1 > maxHeaderBytes ? ServerUpgrade.TOO_LARGE : null;
                }
                if (!(progress.line == 0 ? REQUEST_LINE : FIELD).matcher(line).matches()) {
                    return ServerUpgrade.MALFORMED;
                }
                progress.line = i + 1;
            }
        }
        progress.checked = size;
        return size > maxHeaderBytes ? ServerUpgrade.TOO_LARGE : null;
    }

    @Override
    protected void onHttpHeaderError(HttpHeader header, FilterChainContext event, Throwable failure) {
        ServerFilter.refuse(event, ServerUpgrade.MALFORMED);
    }
}
