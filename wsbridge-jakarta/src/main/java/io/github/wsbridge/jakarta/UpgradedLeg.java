package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.jakarta.session.SerialExecutor;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
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
 * A leg on a connection that a container has upgraded. Whatever happens to it happens in turn, on the thread that comes
 * first while nobody else is at it; others leave their task and go. No thread waits.
 *
 * <p>It reads only while nothing that it has read waits for demand. So it answers pings and notices the end without
 * demand, until data comes that nobody has asked for.
 */
final class UpgradedLeg implements Leg, FrameTranslator.Controls, UpgradedConnection.Events {

    private static final Logger log = LoggerFactory.getLogger(UpgradedLeg.class);

    /** How much a leg reads before others get their turn on the container's threads. */
    private static final int TURN = 4 * ReadBuffers.SIZE;

    private static final int PARTING_SECONDS = 2;

    private final UpgradedConnection connection;
    private final String subprotocol;
    private final ScheduledExecutorService timer;
    private final ReadBuffers buffers;
    private final Runnable released;
    private final CloseDeadline deadline;
    private final SerialExecutor turns = new SerialExecutor(Runnable::run, this::abort);
    private volatile @Nullable Thread current; // in whose turn it is
    private boolean midMessage; // whether what was sent last did not end its message; the sender's
    private volatile @Nullable CloseReason closing; // what was given to close()
    private volatile @Nullable CloseReason ended;

    // What follows belongs to the turn.
    private final FrameTranslator frames = new FrameTranslator(true, this);
    private final UpgradedWriter writer;
    private @Nullable Receiver receiver;
    private boolean demanded;
    private boolean reading;
    private boolean awaiting; // readable() is to come
    private @Nullable ByteBuffer unread; // waits for demand
    private boolean dropped; // what has come and was not asked for is of no use any more
    private boolean finished; // the peer's stream has ended
    private boolean gone; // the connection is closed

    /**
     * A leg, which does nothing before {@link #start}.
     *
     * @param released called once, when the connection is closed
     */
    UpgradedLeg(
            UpgradedConnection connection,
            String subprotocol,
            ScheduledExecutorService timer,
            ReadBuffers buffers,
            Runnable released) {
        this.connection = connection;
        this.subprotocol = subprotocol;
        this.timer = timer;
        this.buffers = buffers;
        this.released = released;
        this.writer = new UpgradedWriter(connection, this::lost);
        this.deadline = new CloseDeadline(timer, connection::progress, this::abort);
    }

    void start() {
        connection.listen(this);
        run(this::turn);
    }

    /** Runs a task in turn: at once if this is inside of another one. */
    private void run(Runnable task) {
        if (current == Thread.currentThread()) {
            task.run();
        } else {
            turns.execute(() -> {
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
            turn();
        });
    }

    @Override
    public void demand() {
        run(() -> {
            demanded = true;
            turn();
        });
    }

    // Reading

    @Override
    public void readable() {
        run(() -> {
            awaiting = false;
            turn();
        });
    }

    /**
     * Does what can be done now: gives out what was asked for, and reads on if nothing is left that waits for demand.
     */
    private void turn() {
        if (reading) {
            return; // called from the receiver: the loop below goes on
        }
        reading = true;
        try {
            read();
        } finally {
            reading = false;
        }
        if (ended != null) {
            if (finished && !gone) {
                writer.whenDrained(this::lose);
            }
            return;
        }
        String violation = frames.violation();
        CloseReason closed = frames.closed();
        if (violation != null) {
            violated(violation);
        } else if (closed != null) {
            peerClosed(closed);
        } else if ((finished || gone) && (dropped || unread == null && !frames.withheld())) {
            vanished();
        }
    }

    private void read() {
        ByteBuffer held = unread;
        unread = null;
        if (held != null || frames.withheld()) {
            held = give(held == null ? ByteBuffer.allocate(0) : held);
            if (held != null || frames.withheld() && !discards()) {
                unread = held;
                return;
            }
        }
        if (awaiting || finished || gone) {
            return;
        }
        ByteBuffer buffer = buffers.take();
        try {
            for (int taken = 0; taken < TURN; taken += buffer.limit()) {
                fill(buffer.clear());
                buffer.flip();
                if (!buffer.hasRemaining()) {
                    await();
                    return;
                }
                ByteBuffer left = give(buffer);
                if (left != null || frames.withheld() && !discards()) {
                    unread = left == null
                            ? null
                            : ByteBuffer.allocate(left.remaining()).put(left).flip();
                    return;
                }
            }
            awaiting = true;
            connection.readLater();
        } catch (IOException | RejectedExecutionException e) {
            log.debug("A connection failed", e);
            lose();
        } finally {
            buffers.giveBack(buffer);
        }
    }

    private void await() {
        if (!finished && !gone) {
            awaiting = true;
            connection.awaitReadable();
        }
    }

    /** Reads as much as there is room for, so that large frames stay in large pieces. */
    private void fill(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining() && !finished && !gone) {
            int n = connection.read(buffer);
            if (n == 0) {
                return;
            }
            if (n < 0) {
                finished = true;
            }
        }
    }

    /** Gives out what was asked for; gives back what was not. */
    private @Nullable ByteBuffer give(ByteBuffer in) {
        boolean more = true;
        while (more) {
            if (discards()) {
                return null;
            }
            Fragment fragment = frames.next(in, demanded || closing != null);
            more = fragment != null;
            if (fragment != null && demanded) { // if not, it came too late for a leg that is closing
                demanded = false;
                tell(to -> to.onFragment(fragment));
            }
        }
        return in.hasRemaining() ? in : null;
    }

    private boolean discards() {
        return dropped || ended != null;
    }

    @Override
    public void onPing(byte[] payload) {
        writer.answer(payload);
    }

    @Override
    public void onPong() {
        tell(Receiver::onPong);
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
        run(() -> writer.controlIfRoom(Frames.PING));
    }

    @Override
    public void heartbeat() {
        run(() -> writer.controlIfRoom(Frames.PONG));
    }

    // The end

    @Override
    public void close(CloseReason reason) {
        run(() -> {
            if (closing == null && ended == null) {
                closing = reason;
                sendClose(reason);
                turn();
            }
        });
    }

    private void sendClose(CloseReason reason) {
        if (writer.close(reason) && !gone) {
            deadline.start();
        }
    }

    private void peerClosed(CloseReason reason) {
        sendClose(reason);
        if (!gone) {
            writer.whenDrained(this::lose); // the server is the one to close the connection
        }
        end(reason);
    }

    private void violated(String how) {
        sendClose(new CloseReason(CloseReason.PROTOCOL_ERROR, how));
        end(CloseReason.vanished("broke the protocol: " + how)); // the other end has done nothing wrong
        if (!gone) {
            // Closing at once would be a reset, which could overtake the close frame: the peer may still be sending.
            try {
                timer.schedule(this::abort, PARTING_SECONDS, TimeUnit.SECONDS);
            } catch (RejectedExecutionException e) {
                lose();
            }
            turn(); // reads on, and drops it
        }
    }

    private void vanished() {
        CloseReason given = closing;
        end(given != null ? given : CloseReason.vanished("the connection was lost"));
        lose();
    }

    private void end(CloseReason reason) {
        ended = reason;
        unread = null;
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

    private void tell(Consumer<Receiver> news) {
        Receiver to = receiver;
        if (to != null) {
            try {
                news.accept(to);
            } catch (RuntimeException e) {
                log.error("A receiver failed", e);
                abort(); // it costs its leg, and nothing else
            }
        }
    }

    @Override
    public void abort() {
        run(() -> {
            dropped = true;
            lose();
        });
    }

    @Override
    public void lost() {
        run(this::lose);
    }

    /** Closes the connection; what has been read and waits for demand may still be asked for. */
    private void lose() {
        if (!gone) {
            gone = true;
            deadline.stop();
            writer.gone();
            connection.close();
            released.run();
        }
        turn();
    }

    @Override
    public String toString() {
        return "UpgradedLeg[" + connection + "]";
    }
}
