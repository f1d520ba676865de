package io.github.wsbridge.spi;

import io.github.wsbridge.HandshakeException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Opens WebSockets. Used by the client library and by a node that forwards. Thread-safe.
 *
 * <p>Called on any thread, must not block.
 */
public interface Connector extends AutoCloseable {

    /**
     * Opens a WebSocket.
     *
     * @return the open leg; fails with a {@link HandshakeException} where the server answered with another status than
     *     101, with any other {@code IOException} where it could not be reached, within the target's timeout at the latest
     */
    CompletionStage<Leg> connect(Target target);

    /** Releases the connector's own threads, where it has any; the legs that these serve end. Does nothing by default. */
    @Override
    default void close() {}

    /**
     * What to connect to.
     *
     * @param uri a {@code ws} or {@code wss} URL
     * @param headers further header fields of the handshake; values may be secrets
     * @param subprotocol the subprotocol to offer; empty for none
     * @param timeout how long until the handshake must be complete; it bounds nothing after that
     */
    record Target(URI uri, Map<String, String> headers, String subprotocol, Duration timeout) {

        /** Copies the headers. */
        public Target {
            headers = Map.copyOf(headers);
        }

        /** Shows neither query nor headers. */
        @Override
        public String toString() {
            return "Target[" + uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath() + "]";
        }
    }
}
