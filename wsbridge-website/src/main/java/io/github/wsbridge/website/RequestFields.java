package io.github.wsbridge.website;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a device sees of a browser's request. */
final class RequestFields {

    /** Fields of one connection (RFC 9110, section 7.6.1), beside those that {@code Connection} names. */
    private static final List<AsciiString> HOP = List.of(
            HttpHeaderNames.CONNECTION,
            AsciiString.cached("keep-alive"),
            AsciiString.cached("proxy-connection"),
            HttpHeaderNames.PROXY_AUTHENTICATE,
            HttpHeaderNames.PROXY_AUTHORIZATION,
            HttpHeaderNames.TE,
            HttpHeaderNames.TRAILER,
            HttpHeaderNames.UPGRADE,
            AsciiString.cached("http2-settings"));

    /** What only a proxy may say. */
    private static final Set<String> OF_PROXIES = Set.of("forwarded", "x-real-ip", "x-client-ip", "via");

    private static final String FORWARDED = "x-forwarded-";
    private static final AsciiString FORWARDED_FOR = AsciiString.cached("x-forwarded-for");
    private static final AsciiString FORWARDED_HOST = AsciiString.cached("x-forwarded-host");
    private static final AsciiString FORWARDED_PROTO = AsciiString.cached("x-forwarded-proto");
    private static final AsciiString STANDARD = AsciiString.cached("forwarded");

    private RequestFields() {}

    /**
     * Returns the request's head as the device gets it.
     *
     * @param asked the browser's, with a path as its target
     * @param browser where it came from
     * @param secure whether the browser used TLS
     * @param host what replaces the {@code Host}; null to keep it
     */
    static HttpRequest forDevice(HttpRequest asked, InetAddress browser, boolean secure, @Nullable String host) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, asked.method(), asked.uri());
        HttpHeaders fields = request.headers().add(asked.headers());
        boolean upgrade = upgrades(asked);
        removeHop(fields);
        String name = fields.get(HttpHeaderNames.HOST);
        fields.names().stream().filter(RequestFields::ofProxies).forEach(fields::remove);
        String scheme = secure ? "https" : "http";
        String address = browser.getHostAddress();
        fields.set(FORWARDED_FOR, address);
        fields.set(FORWARDED_HOST, name);
        fields.set(FORWARDED_PROTO, scheme);
        String node = address.indexOf(':') < 0 ? address : "\"[" + address + "]\"";
        fields.set(STANDARD, "for=" + node + ";host=\"" + name + "\";proto=" + scheme);
        OwnCookie.removeFromRequest(fields);
        if (host != null) {
            fields.set(HttpHeaderNames.HOST, host);
        }
        if (upgrade) {
            fields.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
            fields.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        }
        return request;
    }

    /** Removes the fields that concern only the connection on which they came. */
    static void removeHop(HttpHeaders fields) {
        for (String named : fields.getAll(HttpHeaderNames.CONNECTION)) {
            for (String name : named.split(",")) {
                if (!name.isBlank() && !keptWhateverNamed(name.strip())) {
                    fields.remove(name.strip());
                }
            }
        }
        HOP.forEach(fields::remove);
    }

    /** A client must not be able to have the fields removed that say where a message ends and for whom it is. */
    private static boolean keptWhateverNamed(String name) {
        return HttpHeaderNames.HOST.contentEqualsIgnoreCase(name)
                || HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)
                || HttpHeaderNames.TRANSFER_ENCODING.contentEqualsIgnoreCase(name);
    }

    private static boolean ofProxies(String name) {
        String lower = name.toLowerCase(Locale.ROOT).replace('_', '-'); // as some servers read it
        return OF_PROXIES.contains(lower) || lower.startsWith(FORWARDED);
    }

    /** Returns whether a request asks for a WebSocket, the only protocol that connections change to here. */
    static boolean upgrades(HttpRequest request) {
        HttpHeaders fields = request.headers();
        return request.method().equals(HttpMethod.GET)
                && request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && fields.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && fields.getAll(HttpHeaderNames.UPGRADE).size() == 1
                && HttpHeaderValues.WEBSOCKET.contentEqualsIgnoreCase(
                        String.valueOf(fields.get(HttpHeaderNames.UPGRADE)).strip())
                && !hasBody(request);
    }

    /** Returns whether a body may follow the header. */
    static boolean hasBody(HttpRequest request) {
        String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH);
        return request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                || length != null && !length.strip().equals("0");
    }
}
