package io.github.wsbridge.core;

import io.github.wsbridge.spi.AccessPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP request that came to a node, as a transport saw it.
 *
 * @param path the path below the transport's context root, such as {@code /bridge/connect}
 * @param rawQuery the query as it stood on the wire; null where there was none
 * @param upgrade whether it asks for a WebSocket of version 13
 * @param headers its header fields
 * @param remoteAddress the peer's address, for logs; empty where it is not known
 */
public record Handshake(
        String path, @Nullable String rawQuery, boolean upgrade, AccessPolicy.Headers headers, String remoteAddress) {

    /** Tells whether the client offers a subprotocol, in any of its {@code Sec-WebSocket-Protocol} fields. */
    boolean offers(String subprotocol) {
        List<String> fields = headers.all("Sec-WebSocket-Protocol");
        return fields.stream()
                .flatMap(field -> List.of(field.split(",")).stream())
                .anyMatch(offer -> offer.strip().equals(subprotocol));
    }

    /** Shows neither query nor headers. */
    @Override
    public String toString() {
        return "Handshake[" + path + " from " + remoteAddress + "]";
    }
}
