package io.github.wsbridge.spi;

import io.github.wsbridge.HandshakeException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Opens WebSockets. Used by the client library and by nodes that forward.
 *
 * <p>Called on any thread. Implementations must be thread-safe and must not block.
 */
public interface Connector extends AutoCloseable {

    /**
     * Opens a WebSocket.
     *
     * @return the open leg. The stage fails within the target's timeout: with a {@link HandshakeException} if the
     *     server answered with a status other than 101, or with another {@code IOException} if the server could not be
     *     reached.
     */
    CompletionStage<Leg> connect(Target target);

    /** Stops the connector's own threads, if any. Legs served by those threads end. Does nothing by default. */
    @Override
    default void close() {}

    /**
     * The target of a connection.
     *
     * @param uri a {@code ws} or {@code wss} URL
     * @param headers additional header fields of the handshake; values may be secret
     * @param subprotocol the subprotocol to offer; empty for none
     * @param timeout the time limit for the handshake; does not apply afterwards
     */
    record Target(URI uri, Map<String, String> headers, String subprotocol, Duration timeout) {

        /** Copies the headers. */
        public Target {
            headers = Map.copyOf(headers);
        }

        /** Omits the query and the headers. */
        @Override
        public String toString() {
            return "Target[" + uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath() + "]";
        }
    }
}
