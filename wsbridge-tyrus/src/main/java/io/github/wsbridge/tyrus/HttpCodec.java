package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.glassfish.grizzly.http.HttpHeader;
import org.glassfish.grizzly.http.HttpServerFilter;
import org.jspecify.annotations.Nullable;

/** Grizzly's reader of requests, made strict: it waits for more, or reads on, where a line is no header field. */
final class HttpCodec extends HttpServerFilter {

    private static final Pattern REQUEST_LINE = Pattern.compile("[^ ]+ [!-~]+ HTTP/1\\.[0-9]");
    private static final Pattern FIELD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\\t -\\x7E\\x80-\\xFF]*");

    private final int maxHeaderBytes;

    @SuppressWarnings("deprecation") // there is no other constructor
    HttpCodec(int maxHeaderBytes) {
        super(false, 2 * maxHeaderBytes, null, null); // so that the bound here comes first
        this.maxHeaderBytes = maxHeaderBytes;
    }

    @Override
    public NextAction handleRead(FilterChainContext event) throws IOException {
        Admission.Refused wrong = ServerFilter.asked(event.getConnection()) ? null : wrong(event.getMessage());
        if (wrong == null) {
            return super.handleRead(event);
        }
        ServerFilter.refuse(event, wrong);
        return event.getStopAction();
    }

    /** What is wrong with a header as far as it has come; null if nothing is. */
    private Admission.@Nullable Refused wrong(Buffer input) {
        String text = input.toStringContent(StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0 ? text.length() > maxHeaderBytes : end + 4 > maxHeaderBytes) {
            return ServerUpgrade.TOO_LARGE;
        }
        int complete = end < 0 ? text.lastIndexOf("\r\n") : end;
        String[] lines =
                complete < 0 ? new String[0] : text.substring(0, complete).split("\r\n", -1);
        for (int i = 0; i < lines.length; i++) {
            if (!(i == 0 ? REQUEST_LINE : FIELD).matcher(lines[i]).matches()) {
                return ServerUpgrade.MALFORMED;
            }
        }
        return null;
    }

    @Override
    protected void onHttpHeaderError(HttpHeader header, FilterChainContext event, Throwable failure) {
        ServerFilter.refuse(event, ServerUpgrade.MALFORMED);
    }
}
