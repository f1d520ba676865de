package io.github.wsbridge.bench;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Where a generator connects: {@code tcp://HOST:PORT} for bare frames, or a {@code ws} URL.
 *
 * @param address the literal address
 * @param resource path and query of a WebSocket; empty for TCP
 */
record Target(InetSocketAddress address, String resource) {

    /** Offered if the generator wants to be notified that a bridge is established. */
    static final String SUBPROTOCOL = "wsbridge.v1";

    /** A fixed nonce, which yields a fixed answer: there are no caches to protect against here. */
    private static final String NONCE = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    static Target parse(String url) {
        URI uri = URI.create(url);
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new Target(
                new InetSocketAddress(uri.getHost(), uri.getPort()),
                uri.getScheme().equals("tcp") ? "" : uri.getRawPath() + query);
    }

    boolean isWebSocket() {
        return !resource.isEmpty();
    }

    /** Returns the same resource on another server, {@code HOST:PORT}. */
    Target at(String authority) {
        int colon = authority.lastIndexOf(':');
        int port = Integer.parseInt(authority.substring(colon + 1));
        return new Target(new InetSocketAddress(authority.substring(0, colon), port), resource);
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
