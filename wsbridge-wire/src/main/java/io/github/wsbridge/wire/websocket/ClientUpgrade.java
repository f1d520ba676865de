package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.Authority;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The client's side of one opening handshake (RFC 6455, section 4.1): creates the request and validates the answer. */
public final class ClientUpgrade {

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private final Connector.Target target;
    private final Authority authority;
    private final String key = WebSocketKey.random();

    /**
     * Creates a handshake with {@code target}.
     *
     * @throws IOException if the URL is not a WebSocket URL, or a header field or the subprotocol contains illegal
     *     characters
     */
    public ClientUpgrade(Connector.Target target) throws IOException {
        String scheme = String.valueOf(target.uri().getScheme());
        if (!scheme.equalsIgnoreCase("ws") && !scheme.equalsIgnoreCase("wss")
                || Authority.of(target.uri()).isEmpty()) {
            throw new IOException("not a WebSocket URL: " + target);
        }
        boolean sendable = target.headers().entrySet().stream()
                        .allMatch(field -> isToken(field.getKey()) && isValue(field.getValue()))
                && (target.subprotocol().isEmpty() || isToken(target.subprotocol()));
        if (!sendable) { // such as line breaks, which would allow request injection
            throw new IOException("a header field or the subprotocol contains illegal characters: " + target);
        }
        this.target = target;
        authority = Authority.of(target.uri()).orElseThrow();
    }

    private static boolean isToken(String text) {
        return TOKEN.matcher(text).matches();
    }

    private static boolean isValue(String text) {
        return text.chars().noneMatch(c -> c < ' ' && c != '\t' || c == 0x7F || c > 0xFF);
    }

    /** Returns whether the connection uses TLS. */
    public boolean secure() {
        return target.uri().getScheme().equalsIgnoreCase("wss");
    }

    /** Returns the host to connect to. An IPv6 address has no brackets. */
    public String host() {
        return authority.address();
    }

    /** Returns the host as the server's certificate names it; an IPv6 address without brackets. */
    public String serverName() {
        String name = authority.name();
        return name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
    }

    /** Returns the value of the header field {@code Host}. */
    public String hostField() {
        return authority.name() + (authority.port() < 0 ? "" : ":" + authority.port());
    }

    /** Returns the port to connect to. */
    public int port() {
        int port = authority.port();
        return port >= 0 ? port : secure() ? 443 : 80;
    }

    /** Returns the failure of a connection that ended before the server answered. */
    public IOException cutOff() {
        return new IOException("the connection was closed during the handshake"
                + (secure() ? "" : "; if " + new HostPort(host(), port()) + " expects TLS, use wss://"));
    }

    /** Returns the request's header fields, in order, except {@code Host}. */
    public Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("Upgrade", "websocket");
        fields.put("Connection", "Upgrade");
        fields.put("Sec-WebSocket-Version", "13");
        fields.put("Sec-WebSocket-Key", key);
        if (!target.subprotocol().isEmpty()) {
            fields.put("Sec-WebSocket-Protocol", target.subprotocol());
        }
        fields.putAll(target.headers());
        return fields;
    }

    /** Returns the encoded request. */
    public byte[] request() {
        URI uri = target.uri();
        String path = uri.getRawPath();
        StringBuilder text = new StringBuilder("GET ")
                .append(path == null || path.isEmpty() ? "/" : path)
                .append(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                .append(" HTTP/1.1\r\nHost: ")
                .append(hostField())
                .append("\r\n");
        fields().forEach((name, value) ->
                text.append(name).append(": ").append(value).append("\r\n"));
        return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * Validates the answer.
     *
     * @return the negotiated subprotocol; empty for none
     * @throws HandshakeException if the status is not 101; {@link Refusal} says more once the body is known
     * @throws IOException if the answer is invalid
     */
    public String agreed(int status, Headers fields) throws IOException {
        if (status < 100 || status > 599) {
            throw new IOException("invalid HTTP/1.1 response");
        }
        if (status != 101) {
            throw new HandshakeException(status);
        }
        String protocol = String.join(",", fields.all("Sec-WebSocket-Protocol"));
        if (!fields.contains("Upgrade", "websocket")
                || !fields.contains("Connection", "Upgrade")
                || !fields.only("Sec-WebSocket-Accept").equals(WebSocketKey.accept(key))
                || !fields.all("Sec-WebSocket-Extensions").isEmpty()
                || !protocol.isEmpty() && !protocol.equals(target.subprotocol())) {
            throw new IOException("invalid WebSocket handshake response");
        }
        return protocol;
    }
}
