package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the parts of {@link BridgeServerContract} share: what a server's test gives and says of it. */
abstract class ServerFixture {

    /** What the clients of this suite ask for. */
    protected static final String TARGET = "/bridge/connect?deviceId=d";

    /** The door to which the server under test brings its connections. */
    protected final FakeDoor door = new FakeDoor();

    private final List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
    private int port;

    /**
     * Starts the server under test on the loopback address, in front of {@link #door}. Called before each test.
     *
     * @return its port
     */
    protected abstract int start() throws Exception;

    /** Stops the server. Called after each test, also if it has stopped already. */
    protected abstract void stop() throws Exception;

    /** How long until a connection is certain to be dropped whose close is not answered, in milliseconds; 20,000. */
    protected int closeDeadline() {
        return 20_000;
    }

    /** Whether the server notices that a client goes away which it keeps waiting, and not only when it answers it. */
    protected boolean noticesLeavingWhileWaiting() {
        return true;
    }

    @BeforeEach
    final void up() throws Exception {
        port = start();
    }

    @AfterEach
    final void down() throws Exception {
        stop();
        assertThat(door.violations()).as("rules of legs broken").isEmpty();
        assertThat(ends).allSatisfy(end -> assertThat(end.violations()).isEmpty());
    }

    /** The server's port. */
    protected final int port() {
        return port;
    }

    /** Opens a leg that the test has taken itself. */
    final RecordingReceiver listen(Leg leg) {
        RecordingReceiver end = new RecordingReceiver(leg);
        ends.add(end);
        return end.open();
    }

    /** Asks for {@link #TARGET}, and does not wait for the answer. */
    final RawWebSocket ask(String furtherFields) throws Exception {
        RawWebSocket raw = RawWebSocket.dial(port);
        raw.writeRaw(RawWebSocket.request(TARGET, furtherFields));
        return raw;
    }
}
