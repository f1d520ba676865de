package io.github.wsbridge.examples.transport;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.transport.TransportLegContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Runs the leg contract, which every transport must pass. */
@Tag("system")
@Execution(ExecutionMode.CONCURRENT)
class FrameLegTest extends TransportLegContract {

    private FrameServer server;

    @Override
    protected Connector connector() {
        return new FrameConnector();
    }

    @Override
    protected int start() throws Exception {
        server = new FrameServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.serve(door);
        return server.address().getPort();
    }

    @Override
    protected void stop() {
        server.close();
    }

    /** The suite's silent peer uses WebSocket, which this transport does not. */
    @Override
    protected Leg connectToSilentPeer() throws Exception {
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        URI uri = URI.create("ws://localhost:" + listener.getLocalPort() + "/");
        CompletableFuture<Leg> leg = new FrameConnector()
                .connect(new Connector.Target(uri, Map.of(), "", patience()))
                .toCompletableFuture();
        Socket accepted = listener.accept();
        FrameSocket silent = new FrameSocket(accepted, () -> {});
        FrameHandshake.read(silent);
        FrameHandshake.answer(silent, new Admission.Granted("", none -> {}));
        CompletableFuture.runAsync(() -> readOn(accepted));
        return leg.get(patience().toSeconds(), TimeUnit.SECONDS);
    }

    private static void readOn(Socket socket) {
        try (socket) {
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            // it has ended, as it should
        }
    }
}
