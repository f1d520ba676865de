package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Common to all parts of {@link BridgeServerContract}: the server under test and its properties. */
abstract class ServerFixture {

    /** The path and query that the suite's clients request. */
    protected static final String TARGET = "/bridge/connect?deviceId=d";

    /** The door of the server under test. */
    protected final FakeDoor door = new FakeDoor();

    private final List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
    private int port;

    /**
     * Starts the server under test on the loopback address, in front of {@link #door}. Called before each test.
     *
     * @return its port
     */
    protected abstract int start() throws Exception;

    /** Stops the server. Called after each test, even if it has stopped already. */
    protected abstract void stop() throws Exception;

    /**
     * Returns the time in which a connection with an unanswered close is dropped, in milliseconds; 20,000 by default.
     */
    protected int closeDeadline() {
        return 20_000;
    }

    /** Returns whether the server detects the disconnection of a waiting client before it answers. */
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

    /** Returns the server's port. */
    protected final int port() {
        return port;
    }

    /** Opens a leg that the test has taken. */
    final RecordingReceiver listen(Leg leg) {
        RecordingReceiver end = new RecordingReceiver(leg);
        ends.add(end);
        return end.open();
    }

    /** Requests {@link #TARGET}, without waiting for the answer. */
    final RawWebSocket ask(String furtherFields) throws Exception {
        RawWebSocket raw = RawWebSocket.dial(port);
        raw.writeRaw(RawWebSocket.request(TARGET, furtherFields));
        return raw;
    }
}
