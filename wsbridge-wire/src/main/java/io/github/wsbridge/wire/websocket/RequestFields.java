package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.spi.Headers;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a request's header fields must and must not say, whatever is requested (RFC 9112, sections 3.2 and 6). */
final class RequestFields {

    private static final Pattern HOST =
            Pattern.compile("(\\[[0-9A-Za-z:.%_~-]*]|[0-9A-Za-z._~!$&'()*+;=%-]*)(:[0-9]*)?");

    private RequestFields() {}

    /** Returns what is wrong, in words for the client; null if nothing is. */
    @Nullable
    static String fault(String protocol, Headers headers) {
        List<String> hosts = headers.all("Host");
        if (hosts.size() > 1 || hosts.isEmpty() && protocol.equals("HTTP/1.1")) {
            return "a request needs one Host";
        }
        if (!hosts.isEmpty() && !HOST.matcher(hosts.get(0)).matches()) {
            return "invalid Host";
        }
        boolean length = headers.all("Content-Length").stream().anyMatch(value -> !value.equals("0"));
        return length || !headers.all("Transfer-Encoding").isEmpty() ? "a request must not have content" : null;
    }
}
