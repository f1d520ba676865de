package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.jakarta.session.SerialExecutor;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.Heartbeat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg on a connection that a container has upgraded. Calls and events are processed one at a time: a thread that
 * arrives while another one is processing adds its task to that thread's queue and returns. No thread waits.
 *
 * <p>The leg reads until it holds data without demand. Until then it answers pings and notices the end of the
 * connection even without demand.
 */
final class UpgradedLeg implements Leg, FrameTranslator.Controls, UpgradedConnection.Events {

    private static final Logger log = LoggerFactory.getLogger(UpgradedLeg.class);

    /** The number of bytes that a leg reads before it lets other connections use the thread. */
    private static final int READ_LIMIT = 4 * ReadBuffers.SIZE;

    /** How long the connection stays open after a protocol error. */
    private static final int LINGER_SECONDS = 2;

    private final UpgradedConnection connection;
    private final String subprotocol;
    private final ScheduledExecutorService timer;
    private final ReadBuffers buffers;
    private final Runnable onReleased;
    private final CloseDeadline deadline;
    private final SerialExecutor tasks = new SerialExecutor(Runnable::run, this::abort);
    private volatile @Nullable Thread current; // the thread that runs a task
    private boolean midMessage; // whether the last fragment sent did not end its message; used by the sender only
    private volatile @Nullable CloseReason closing; // the argument of close()
    private volatile @Nullable CloseReason ended;

    // Used in tasks only.
    private final FrameTranslator frames = new FrameTranslator(true, this);
    private final UpgradedWriter writer;
    private @Nullable Receiver receiver;
    private boolean demanded;
    private boolean reading;
    private boolean awaitingReadable; // readable() will be called
    private @Nullable ByteBuffer undelivered; // waits for demand
    private boolean aborted; // undelivered data is discarded
    private boolean inputEnded; // the peer's stream has ended
    private boolean connectionClosed;

    /**
     * Creates a leg, which does nothing before {@link #start}.
     *
     * @param onReleased called once, when the connection is closed
     */
    UpgradedLeg(
            UpgradedConnection connection,
            String subprotocol,
            ScheduledExecutorService timer,
            ReadBuffers buffers,
            Runnable onReleased) {
        this.connection = connection;
        this.subprotocol = subprotocol;
        this.timer = timer;
        this.buffers = buffers;
        this.onReleased = onReleased;
        this.writer = new UpgradedWriter(connection, this::lost);
        this.deadline = new CloseDeadline(timer, connection::progress, this::abort);
    }

    void start() {
        connection.listen(this);
        run(this::advance);
    }

    /** Runs a task alone, or at once if called from a task. */
    private void run(Runnable task) {
        if (current == Thread.currentThread()) {
            task.run();
        } else {
            tasks.execute(() -> {
                current = Thread.currentThread();
                try {
                    task.run();
                } finally {
                    current = null;
                }
            });
        }
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver to) {
        run(() -> {
            CloseReason early = ended;
            if (early != null) {
                tellEnd(to, early);
                return;
            }
            receiver = to;
            advance();
        });
    }

    @Override
    public void demand() {
        run(() -> {
            demanded = true;
            advance();
        });
    }

    // Reading

    @Override
    public void readable() {
        run(() -> {
            awaitingReadable = false;
            advance();
        });
    }

    /** Delivers what is demanded, reads more unless data waits for demand, and handles the end of the connection. */
    private void advance() {
        if (reading) {
            return; // called by the receiver: read() below continues
        }
        reading = true;
        try {
            read();
        } finally {
            reading = false;
        }
        if (ended != null) {
            if (inputEnded && !connectionClosed) {
                writer.whenDrained(this::closeConnection);
            }
            return;
        }
        String violation = frames.violation();
        CloseReason closed = frames.closed();
        if (violation != null) {
            protocolError(violation);
        } else if (closed != null) {
            peerClosed(closed);
        } else if ((inputEnded || connectionClosed) && (aborted || undelivered == null && !frames.withheld())) {
            vanished();
        }
    }

    private void read() {
        ByteBuffer waiting = undelivered;
        undelivered = null;
        if (waiting != null || frames.withheld()) {
            waiting = deliver(waiting == null ? ByteBuffer.allocate(0) : waiting);
            if (waiting != null || frames.withheld() && !discards()) {
                undelivered = waiting;
                return;
            }
        }
        if (awaitingReadable || inputEnded || connectionClosed) {
            return;
        }
        ByteBuffer buffer = buffers.take();
        try {
            for (int total = 0; total < READ_LIMIT; total += buffer.limit()) {
                fill(buffer.clear());
                buffer.flip();
                if (!buffer.hasRemaining()) {
                    await();
                    return;
                }
                ByteBuffer left = deliver(buffer);
                if (left != null || frames.withheld() && !discards()) {
                    undelivered = left == null
                            ? null
                            : ByteBuffer.allocate(left.remaining()).put(left).flip();
                    return;
                }
            }
            awaitingReadable = true;
            connection.readLater();
        } catch (IOException | RejectedExecutionException e) {
            log.debug("A connection failed", e);
            closeConnection();
        } finally {
            buffers.giveBack(buffer);
        }
    }

    private void await() {
        if (!inputEnded && !connectionClosed) {
            awaitingReadable = true;
            connection.awaitReadable();
        }
    }

    /** Fills the buffer as far as possible, so that large frames stay in large fragments. */
    private void fill(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining() && !inputEnded && !connectionClosed) {
            int n = connection.read(buffer);
            if (n == 0) {
                return;
            }
            if (n < 0) {
                inputEnded = true;
            }
        }
    }

    /** Delivers what is demanded; returns the rest, or null. */
    private @Nullable ByteBuffer deliver(ByteBuffer in) {
        boolean more = true;
        while (more) {
            if (discards()) {
                return null;
            }
            Fragment fragment = frames.next(in, demanded || closing != null);
            more = fragment != null;
            if (fragment != null && demanded) { // otherwise the leg is closing and discards it
                demanded = false;
                tell(to -> to.onFragment(fragment));
            }
        }
        return in.hasRemaining() ? in : null;
    }

    private boolean discards() {
        return aborted || ended != null;
    }

    @Override
    public void onPing(byte[] payload) {
        writer.pong(payload);
    }

    @Override
    public void onPong(byte[] payload) {
        Duration next = Heartbeat.read(payload);
        tell(next == null ? Receiver::onPong : to -> to.onHeartbeat(next));
    }

    // Writing

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (closing != null || ended != null) {
            return CompletableFuture.failedFuture(new IOException("the leg is closed"));
        }
        ByteBuffer frame = UpgradedWriter.frame(fragment, midMessage);
        midMessage = !fragment.last();
        CompletableFuture<Void> sent = new CompletableFuture<>();
        run(() -> writer.send(frame, sent));
        return sent;
    }

    @Override
    public void writable() {
        run(writer::writable);
    }

    @Override
    public void ping() {
        run(() -> writer.controlIfRoom(Frames.PING, new byte[0]));
    }

    @Override
    public void heartbeat(Duration next) {
        run(() -> writer.controlIfRoom(Frames.PONG, Heartbeat.payload(next)));
    }

    // The end

    @Override
    public void close(CloseReason reason) {
        run(() -> {
            if (closing == null && ended == null) {
                closing = reason;
                sendClose(reason);
                advance();
            }
        });
    }

    private void sendClose(CloseReason reason) {
        if (writer.close(reason) && !connectionClosed) {
            deadline.start();
        }
    }

    private void peerClosed(CloseReason reason) {
        sendClose(reason);
        if (!connectionClosed) {
            writer.whenDrained(this::closeConnection); // the server closes the TCP connection first
        }
        end(reason);
    }

    private void protocolError(String how) {
        sendClose(new CloseReason(frames.violationCode(), how));
        end(CloseReason.vanished("broke the protocol: " + how)); // not 1002: the bridge's other end is not at fault
        if (!connectionClosed) {
            // Closing at once while the peer still sends would cause a reset, which could overtake the close frame.
            try {
                timer.schedule(this::abort, LINGER_SECONDS, TimeUnit.SECONDS);
            } catch (RejectedExecutionException e) {
                closeConnection();
            }
            advance(); // reads and discards further data
        }
    }

    private void vanished() {
        CloseReason given = closing;
        end(given != null ? given : CloseReason.vanished("the connection was lost"));
        closeConnection();
    }

    private void end(CloseReason reason) {
        ended = reason;
        undelivered = null;
        writer.failWaiting();
        Receiver to = receiver;
        receiver = null;
        if (to != null) {
            tellEnd(to, reason);
        }
    }

    private static void tellEnd(Receiver to, CloseReason reason) {
        try {
            to.onClosed(reason);
        } catch (RuntimeException e) {
            log.error("A receiver failed", e);
        }
    }

    private void tell(Consumer<Receiver> event) {
        Receiver to = receiver;
        if (to != null) {
            try {
                event.accept(to);
            } catch (RuntimeException e) {
                log.error("A receiver failed", e);
                abort(); // a failing receiver ends its own leg only
            }
        }
    }

    @Override
    public void abort() {
        run(() -> {
            aborted = true;
            closeConnection();
        });
    }

    @Override
    public void lost() {
        run(this::closeConnection);
    }

    /** Closes the connection. Data that waits for demand can still be delivered. */
    private void closeConnection() {
        if (!connectionClosed) {
            connectionClosed = true;
            deadline.stop();
            writer.connectionClosed();
            connection.close();
            onReleased.run();
        }
        advance();
    }

    @Override
    public String toString() {
        return "UpgradedLeg[" + connection + "]";
    }
}
