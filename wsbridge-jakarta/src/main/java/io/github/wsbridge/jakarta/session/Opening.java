package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.github.wsbridge.wire.websocket.WebSocketKey;
import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.Session;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The opening of a Jakarta client's session: configures the client for the target, creates the leg on the session, and
 * makes those checks of the server's response that some clients omit.
 */
public final class Opening {

    private final Connector.Target target;
    private final CompletableFuture<Leg> leg = new CompletableFuture<>();
    private volatile String key = "";
    private volatile boolean agreed = true;
    private volatile @Nullable Leg made;

    /**
     * Creates an opening, which fails when the target's timeout expires.
     *
     * @param target a target that {@link ClientUpgrade} has checked
     *
     * @throws IOException if the timer has been shut down
     */
    public Opening(Connector.Target target, ScheduledExecutorService timer) throws IOException {
        this.target = target;
        long millis = Math.max(1, target.timeout().toMillis());
        try {
            Future<?> deadline = timer.schedule(
                    () -> leg.completeExceptionally(new IOException("not connected within " + millis + " ms")),
                    millis,
                    TimeUnit.MILLISECONDS);
            leg.whenComplete((opened, failure) -> deadline.cancel(false));
        } catch (RejectedExecutionException e) {
            throw new IOException("the connector is closed", e);
        }
    }

    /** Returns the result. */
    public CompletableFuture<Leg> leg() {
        return leg;
    }

    /** Returns the endpoint to open. */
    public LegEndpoint endpoint(Function<Session, SessionIo> ios) {
        return new LegEndpoint(ios, opened -> {
            if (!agreed) {
                leg.completeExceptionally(new IOException("the server's response is not a valid WebSocket handshake"));
            }
            made = opened;
            leg.complete(opened);
        });
    }

    /**
     * Called when the client has opened the session. Drops the leg if the caller has given up; some clients cannot drop
     * a session earlier.
     */
    public void opened() {
        if (leg.isCompletedExceptionally()) {
            drop();
        }
    }

    /**
     * Called when the client has failed, possibly after it had opened the session.
     *
     * @return whether there is a leg, which is being dropped
     */
    public boolean failed(IOException failure) {
        leg.completeExceptionally(failure);
        return drop();
    }

    /** Called when the connector is closed. */
    public void cancel() {
        leg.completeExceptionally(new IOException("the connector is closed"));
    }

    private boolean drop() {
        Leg opened = made;
        if (opened != null) {
            opened.abort();
        }
        return opened != null;
    }

    /** Returns a builder of the configuration to open it with. */
    public ClientEndpointConfig.Builder configuration() {
        return ClientEndpointConfig.Builder.create()
                .preferredSubprotocols(target.subprotocol().isEmpty() ? List.of() : List.of(target.subprotocol()))
                .configurator(new ClientEndpointConfig.Configurator() {
                    @Override
                    public void beforeRequest(Map<String, List<String>> headers) {
                        key = value(headers, "Sec-WebSocket-Key");
                        headers.remove("Origin"); // for browsers only
                        target.headers().forEach((name, value) -> headers.put(name, List.of(value)));
                    }

                    @Override
                    public void afterResponse(HandshakeResponse response) {
                        agreed = agrees(response.getHeaders());
                    }
                });
    }

    private boolean agrees(Map<String, List<String>> answer) {
        String subprotocol = value(answer, "Sec-WebSocket-Protocol");
        return (key.isEmpty() || value(answer, "Sec-WebSocket-Accept").equals(WebSocketKey.accept(key)))
                && value(answer, "Sec-WebSocket-Extensions").isEmpty()
                && (subprotocol.isEmpty() || subprotocol.equals(target.subprotocol()));
    }

    private static String value(Map<String, List<String>> fields, String name) {
        for (Map.Entry<String, List<String>> field : fields.entrySet()) {
            if (name.equalsIgnoreCase(field.getKey())) {
                return String.join(",", field.getValue());
            }
        }
        return "";
    }
}
