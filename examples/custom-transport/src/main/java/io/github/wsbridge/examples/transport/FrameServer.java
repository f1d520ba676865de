package io.github.wsbridge.examples.transport;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Brings connections to a door. As each of them takes a thread or two, there is a limit to how many. Thread-safe. */
public final class FrameServer implements BridgeServer {

    private static final Admission.Refused UNAVAILABLE = new Admission.Refused(503, "try again later");
    private static final Duration TIMEOUT = Duration.ofSeconds(10); // for the request, and again for the door
    private static final int LOOK_MILLIS = 100;

    private final ServerSocket listener = new ServerSocket();
    private final Connections connections = new Connections("frame-server");
    private final int maxConnections;

    /** Binds an address. */
    public FrameServer(InetSocketAddress address, int maxConnections) throws IOException {
        this.maxConnections = maxConnections;
        listener.bind(address);
    }

    @Override
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    @Override
    public void serve(Door door) throws IOException {
        try {
            connections.run(() -> acceptAll(door));
        } catch (RejectedExecutionException e) {
            throw new IOException("the server is closed", e);
        }
    }

    private void acceptAll(Door door) {
        try {
            while (true) {
                Socket socket = listener.accept();
                if (connections.count() < maxConnections) {
                    connections.take(socket);
                    connections.run(() -> shakeHands(socket, door));
                } else {
                    socket.close();
                }
            }
        } catch (IOException | RejectedExecutionException e) {
            // closed
        }
    }

    private void shakeHands(Socket socket, Door door) {
        try {
            FrameSocket connection = connections.frames(socket);
            Future<?> alarm = connections.after(TIMEOUT, connection::close);
            Handshake handshake = FrameHandshake.read(connection);
            alarm.cancel(false);
            answer(connection, door.admit(handshake));
        } catch (IOException | RuntimeException | InterruptedException e) {
            connections.drop(socket); // the client has gone or talks nonsense, or the server closes
        }
    }

    private void answer(FrameSocket connection, CompletionStage<Admission> asked)
            throws IOException, InterruptedException {
        Admission admission;
        try {
            admission = asked.toCompletableFuture().get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            admission = UNAVAILABLE;
        }
        if (admission instanceof Admission.Later later) {
            carryOut(connection, await(connection, later), later.abandoned());
        } else {
            carryOut(connection, (Admission.Decision) admission, () -> {});
        }
    }

    /** Waits for the decision, its timeout or the client's leaving, whichever comes first. */
    private static Admission.Decision await(FrameSocket connection, Admission.Later later)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + later.timeout().toNanos();
        CompletableFuture<? extends Admission.Decision> decision =
                later.decision().toCompletableFuture();
        boolean decided = false;
        try {
            while (!decided && System.nanoTime() - deadline < 0) {
                try {
                    Admission.Decision made = decision.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    decided = true;
                    return made;
                } catch (TimeoutException e) {
                    if (connection.ended()) {
                        throw new EOFException("the client has gone");
                    }
                } catch (ExecutionException e) {
                    decided = true;
                }
            }
            return UNAVAILABLE;
        } finally {
            if (!decided) {
                later.abandoned().run();
            }
        }
    }

    private void carryOut(FrameSocket connection, Admission.Decision decision, Runnable abandoned) throws IOException {
        if (!(decision instanceof Admission.Granted granted)) {
            FrameHandshake.answer(connection, decision);
            connection.close();
            return;
        }
        try {
            FrameHandshake.answer(connection, granted);
        } catch (IOException e) {
            abandoned.run();
            throw e;
        }
        Leg leg = connections.leg(connection, granted.subprotocol());
        granted.opened().accept(leg);
    }

    @Override
    public void stopAccepting() {
        try {
            listener.close();
        } catch (IOException e) {
            // it does not listen either way
        }
    }

    @Override
    public void close() {
        stopAccepting();
        connections.close();
    }
}
