package io.github.wsbridge.examples.transport;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/** Opens legs on plain sockets. The scheme of a target's URL does not matter. Thread-safe. */
public final class FrameConnector implements Connector {

    private final Connections connections = new Connections("frame-connector");

    /** A connector with threads of its own. */
    public FrameConnector() {}

    @Override
    public CompletionStage<Leg> connect(Target target) {
        CompletableFuture<Leg> leg = new CompletableFuture<>();
        try {
            IOException late = new IOException("no answer within " + target.timeout());
            Future<?> alarm = connections.after(target.timeout(), () -> leg.completeExceptionally(late));
            leg.whenComplete((done, failure) -> alarm.cancel(false));
            connections.run(() -> connect(target, leg));
        } catch (RejectedExecutionException e) {
            leg.completeExceptionally(new IOException("the connector is closed", e));
        }
        return leg;
    }

    /** Blocks until the leg is there or is not to be had; whoever fails {@code leg} meanwhile ends that. */
    private void connect(Target target, CompletableFuture<Leg> leg) {
        try {
            URI uri = target.uri();
            InetSocketAddress address = new InetSocketAddress(uri.getHost(), uri.getPort());
            Socket socket = connections.take(new Socket());
            leg.whenComplete((done, failure) -> {
                if (failure != null) {
                    connections.drop(socket);
                }
            });
            socket.connect(address);
            FrameSocket frames = connections.frames(socket);
            leg.complete(connections.leg(frames, FrameHandshake.ask(frames, target)));
        } catch (IOException e) {
            leg.completeExceptionally(e);
        } catch (RuntimeException e) {
            leg.completeExceptionally(new IOException("cannot connect to " + target, e));
        }
    }

    /** Ends all legs of this connector, too. */
    @Override
    public void close() {
        connections.close();
    }
}
