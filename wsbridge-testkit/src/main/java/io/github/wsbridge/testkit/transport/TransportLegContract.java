package io.github.wsbridge.testkit.transport;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The rules of legs, for a connector at one end and a server at the other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class TransportLegContract extends LegContract {

    protected final FakeDoor door = new FakeDoor();
    private Connector connector;
    private ServerSocket silent;
    private int port;

    /** A new connector. */
    protected abstract Connector connector();

    /** Starts the server and gives its port. */
    protected abstract int start() throws Exception;

    protected abstract void stop() throws Exception;

    @BeforeAll
    void up() throws Exception {
        connector = connector();
        silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        port = start();
    }

    @AfterAll
    void down() throws Exception {
        connector.close();
        silent.close();
        stop();
    }

    @Override
    protected LegPair connect(String subprotocol) throws Exception {
        door.answer = handshake -> door.granted(subprotocol);
        Leg near = connector
                .connect(target(port, subprotocol))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        return new LegPair(near, door.legs.poll(20, TimeUnit.SECONDS));
    }

    @Override
    protected Leg connectToSilentPeer() throws Exception {
        CompletableFuture<Leg> leg =
                connector.connect(target(silent.getLocalPort(), "")).toCompletableFuture();
        RawSocket.accept(silent);
        return leg.get(20, TimeUnit.SECONDS);
    }

    private static Connector.Target target(int port, String subprotocol) {
        return new Connector.Target(
                URI.create("ws://localhost:" + port + "/bridge/connect?deviceId=d"),
                Map.of(),
                subprotocol,
                Duration.ofSeconds(20));
    }
}
