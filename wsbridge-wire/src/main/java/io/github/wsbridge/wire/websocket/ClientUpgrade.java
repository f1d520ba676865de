package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Headers;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The client's half of one opening handshake (RFC 6455, section 4.1): what to send, and whether the answer is right. */
public final class ClientUpgrade {

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    private final Connector.Target target;
    private final String key = WebSocketKey.random();

    /**
     * A handshake with {@code target}.
     *
     * @throws IOException if its URL is no WebSocket URL, or a header field or the subprotocol cannot be sent
     */
    public ClientUpgrade(Connector.Target target) throws IOException {
        String scheme = String.valueOf(target.uri().getScheme());
        if (!scheme.equalsIgnoreCase("ws") && !scheme.equalsIgnoreCase("wss")
                || target.uri().getHost() == null) {
            throw new IOException("not a WebSocket URL: " + target);
        }
        boolean sendable = target.headers().entrySet().stream()
                        .allMatch(field -> field.getKey().matches(TOKEN) && isValue(field.getValue()))
                && (target.subprotocol().isEmpty() || target.subprotocol().matches(TOKEN));
        if (!sendable) { // line breaks and the like must not get into the request
            throw new IOException("a header field or the subprotocol holds characters that cannot be sent: " + target);
        }
        this.target = target;
    }

    private static boolean isValue(String text) {
        return text.chars().noneMatch(c -> c < ' ' && c != '\t' || c == 0x7F || c > 0xFF);
    }

    /** Whether the connection is to be encrypted. */
    public boolean secure() {
        return target.uri().getScheme().equalsIgnoreCase("wss");
    }

    /** The host to connect to; an IPv6 address without its brackets. */
    public String host() {
        return target.uri().getHost().replaceAll("[\\[\\]]", "");
    }

    /** The port to connect to. */
    public int port() {
        int port = target.uri().getPort();
        return port >= 0 ? port : secure() ? 443 : 80;
    }

    /** The request, as bytes. */
    public byte[] request() {
        URI uri = target.uri();
        String path = uri.getRawPath();
        StringBuilder text = new StringBuilder("GET ")
                .append(path == null || path.isEmpty() ? "/" : path)
                .append(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                .append(" HTTP/1.1\r\nHost: ")
                .append(uri.getHost())
                .append(uri.getPort() < 0 ? "" : ":" + uri.getPort())
                .append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                        + "\r\nSec-WebSocket-Key: ")
                .append(key)
                .append("\r\n");
        if (!target.subprotocol().isEmpty()) {
            text.append("Sec-WebSocket-Protocol: ").append(target.subprotocol()).append("\r\n");
        }
        for (Map.Entry<String, String> field : target.headers().entrySet()) {
            text.append(field.getKey()).append(": ").append(field.getValue()).append("\r\n");
        }
        return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * Checks the answer.
     *
     * @return the subprotocol that was agreed on; empty for none
     * @throws HandshakeException if the status is not 101
     * @throws IOException if the answer is not right
     */
    public String agreed(int status, Headers fields) throws IOException {
        if (status < 100 || status > 599) {
            throw new IOException("not an HTTP/1.1 answer");
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
            throw new IOException("not a WebSocket handshake");
        }
        return protocol;
    }
}
