package io.github.wsbridge.spi;

import org.jspecify.annotations.Nullable;

/**
 * An HTTP request received by a node, as its transport saw it.
 *
 * @param method the method as sent, such as {@code GET}
 * @param path the path below the transport's context root, such as {@code /bridge/connect}
 * @param rawQuery the query as received, still encoded; null if there was none
 * @param upgrade whether it requests an upgrade to WebSocket version 13
 * @param headers the header fields; may contain secrets
 * @param peer the client
 */
public record Handshake(
        String method, String path, @Nullable String rawQuery, boolean upgrade, Headers headers, Peer peer) {

    /** A GET. */
    public Handshake(String path, @Nullable String rawQuery, boolean upgrade, Headers headers, Peer peer) {
        this("GET", path, rawQuery, upgrade, headers, peer);
    }

    /** Returns whether the client offers a subprotocol, in any of its {@code Sec-WebSocket-Protocol} fields. */
    public boolean offers(String subprotocol) {
        return headers.elements("Sec-WebSocket-Protocol").contains(subprotocol);
    }

    /** Omits the query and the headers. */
    @Override
    public String toString() {
        return "Handshake[" + path + " from " + peer + "]";
    }
}
