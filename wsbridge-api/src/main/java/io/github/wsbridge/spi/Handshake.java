package io.github.wsbridge.spi;

import org.jspecify.annotations.Nullable;

/**
 * An HTTP request that came to a node, as a transport saw it.
 *
 * @param path the path below the transport's context root, such as {@code /bridge/connect}
 * @param rawQuery the query as it was on the wire; null if there was none
 * @param upgrade whether it asks for a WebSocket of version 13
 * @param headers its header fields; may hold secrets
 * @param peer who sent it
 */
public record Handshake(String path, @Nullable String rawQuery, boolean upgrade, Headers headers, Peer peer) {

    /** Whether the client offers a subprotocol, in any of its {@code Sec-WebSocket-Protocol} fields. */
    public boolean offers(String subprotocol) {
        return headers.elements("Sec-WebSocket-Protocol").contains(subprotocol);
    }

    /** Shows neither query nor headers. */
    @Override
    public String toString() {
        return "Handshake[" + path + " from " + peer + "]";
    }
}
