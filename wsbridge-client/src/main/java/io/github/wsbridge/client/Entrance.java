package io.github.wsbridge.client;

import io.github.wsbridge.spi.Leg;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Decides where the connections to a {@link TcpTunnel} go: always to one target of one device, or where each asks to go
 * in a protocol of its own, such as SOCKS. Implementations are thread-safe.
 */
@FunctionalInterface
public interface Entrance {

    /**
     * Takes a connection. Must not block.
     *
     * @param near the connection, which is not open yet; opened by way of {@link Arrival#leg}
     */
    Arrival arrive(Leg near);

    /**
     * A connection and the stream that it is joined with.
     *
     * @param leg the connection, not open yet. The tunnel opens it at once, but demands and sends only after
     *     {@code stream} has completed. What the connection and the entrance have said to each other before is not
     *     visible there. If the stream fails, the leg is aborted.
     * @param stream completes when the two may be joined. Cancelled if the connection ends first.
     * @param wanted what the stream leads to, in words for the log; asked when the connection has ended
     */
    record Arrival(Leg leg, CompletableFuture<BridgeLeg> stream, Supplier<String> wanted) {}
}
