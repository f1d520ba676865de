package io.github.wsbridge.bench;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a generator connects: {@code tcp://HOST:PORT} or {@code tls://HOST:PORT} for bare frames, {@code
 * tcp://HOST:PORT/PURPOSE} for a {@link FarEnd}, or a {@code ws} or {@code wss} URL.
 *
 * @param address the literal address
 * @param resource path and query of a WebSocket; empty for TCP
 * @param tls whether to use TLS
 * @param purpose what to tell the far end first; null if it knows
 */
record Target(
        InetSocketAddress address,
        String resource,
        boolean tls,
        @Nullable Purpose purpose) {

    /** Offered if the generator wants to be notified that a bridge is established. */
    static final String SUBPROTOCOL = "wsbridge.v1";

    /** A fixed nonce, which yields a fixed answer: there are no caches to protect against here. */
    private static final String NONCE = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    static Target parse(String url) {
        URI uri = URI.create(url);
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        InetSocketAddress address = new InetSocketAddress(uri.getHost(), uri.getPort());
        boolean webSocket = uri.getScheme().startsWith("ws");
        boolean tls = uri.getScheme().equals("tls") || uri.getScheme().equals("wss");
        Purpose purpose = webSocket || uri.getRawPath().isEmpty() ? null : Purpose.ofPath(uri.getRawPath());
        return new Target(address, webSocket ? uri.getRawPath() + query : "", tls, purpose);
    }

    boolean isWebSocket() {
        return !resource.isEmpty();
    }

    /** Returns the same resource on another server, {@code HOST:PORT}. */
    Target at(String authority) {
        int colon = authority.lastIndexOf(':');
        int port = Integer.parseInt(authority.substring(colon + 1));
        return new Target(new InetSocketAddress(authority.substring(0, colon), port), resource, tls, purpose);
    }

    ByteBuffer handshake(boolean established) {
        return bytes("GET " + resource + " HTTP/1.1\r\nHost: " + address.getHostString() + ":" + address.getPort()
                + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + NONCE + (established ? "\r\nSec-WebSocket-Protocol: " + SUBPROTOCOL : "") + "\r\n\r\n");
    }

    /** Returns a server's answer to {@link #handshake}. */
    static ByteBuffer answer() {
        return bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: " + ACCEPT + "\r\n\r\n");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Omits the query, which may contain a token. */
    @Override
    public String toString() {
        return address + resource.replaceAll("\\?.*", "?...");
    }
}
