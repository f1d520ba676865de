package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RecordingReceiver.PATIENCE;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import io.github.wsbridge.testkit.RawWebSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The contract of {@link Leg} for a transport, with a connector's leg at one end and a server's at the other. All tests
 * of the suite share one server and one connector. These may have few threads, so by default the tests do not run
 * concurrently.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.SAME_THREAD)
public abstract class TransportLegContract extends LegContract {

    /** The door of the server. */
    protected final FakeDoor door = new FakeDoor();

    private @Nullable Connector connector;
    private @Nullable ServerSocket silent;
    private int port;

    /** Creates the suite. */
    protected TransportLegContract() {}

    /** Creates the connector under test. The suite closes it. */
    protected abstract Connector connector() throws Exception;

    /**
     * Starts the server under test on the loopback address, in front of {@link #door}. Called once.
     *
     * @return its port
     */
    protected abstract int start() throws Exception;

    /** Stops the server. Called once. */
    protected abstract void stop() throws Exception;

    @BeforeAll
    final void up() throws Exception {
        connector = connector();
        silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        port = start();
    }

    @AfterAll
    final void down() throws Exception {
        started(connector).close();
        started(silent).close();
        stop();
    }

    private static <T> T started(@Nullable T what) {
        return Objects.requireNonNull(what, "not started");
    }

    @Override
    protected synchronized LegPair connect(String subprotocol) throws Exception {
        door.answers(handshake -> door.granted(subprotocol));
        Leg near = started(connector)
                .connect(target(port, subprotocol))
                .toCompletableFuture()
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        return new LegPair(near, door.takeLeg());
    }

    @Override
    protected @Nullable Leg connectToSilentPeer() throws Exception {
        ServerSocket listener = started(silent);
        CompletableFuture<Leg> leg =
                started(connector).connect(target(listener.getLocalPort(), "")).toCompletableFuture();
        RawWebSocket.accept(listener);
        return leg.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static Connector.Target target(int port, String subprotocol) {
        return new Connector.Target(
                URI.create("ws://localhost:" + port + "/bridge/connect?deviceId=d"), Map.of(), subprotocol, PATIENCE);
    }
}
