package io.github.wsbridge.okhttp;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.Heartbeat;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import okio.Buffer;
import okio.Socket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg on a connection that OkHttp has upgraded. One thread reads and calls the receiver. It reads until it holds data
 * without demand; until then it answers pings and notices the end.
 */
final class OkHttpLeg implements Leg, FrameTranslator.Controls {

    private static final Logger log = LoggerFactory.getLogger(OkHttpLeg.class);
    private static final int READ = 64 * 1024;

    private final Socket socket;
    private final String subprotocol;
    private final Executor threads;
    private final Consumer<OkHttpLeg> onReleased;
    private final OkHttpWriter writer;
    private final CloseDeadline deadline;
    private final AtomicBoolean opened = new AtomicBoolean(); // or aborted before that

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean demanded; // guarded by lock
    private @Nullable CloseReason closing; // the argument of close(); guarded by lock
    private boolean aborted; // guarded by lock

    // Used by the reading thread only.
    private final FrameTranslator frames = new FrameTranslator(false, this);
    private final Buffer arrived = new Buffer();
    private final ByteBuffer input = ByteBuffer.allocate(READ).limit(0);
    private @Nullable Receiver receiver;

    /** @param onReleased called when the connection has ended, at least once */
    OkHttpLeg(
            Socket socket,
            String subprotocol,
            Executor threads,
            ScheduledExecutorService timer,
            Consumer<OkHttpLeg> onReleased) {
        this.socket = socket;
        this.subprotocol = subprotocol;
        this.threads = threads;
        this.onReleased = onReleased;
        this.writer = new OkHttpWriter(socket.getSink(), threads, this::abort);
        this.deadline = new CloseDeadline(timer, writer::written, this::abort);
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver to) {
        if (opened.getAndSet(true)) { // aborted before
            to.onClosed(lost());
            return;
        }
        try {
            threads.execute(() -> read(to));
        } catch (RuntimeException | Error e) { // the system has no more threads
            abort();
            release();
            to.onClosed(CloseReason.vanished("there is no thread for a connection"));
        }
    }

    @Override
    public void demand() {
        lock.lock();
        try {
            demanded = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    // Reading

    private void read(Receiver to) {
        receiver = to;
        CloseReason end;
        try {
            end = readUntilEnd(to);
        } catch (IOException e) {
            log.debug("A connection failed", e);
            end = lost();
        } catch (InterruptedException e) { // nobody does
            end = lost();
        } catch (RuntimeException | Error e) {
            log.error("A receiver failed", e);
            abort(); // a failing receiver ends its own leg only
            end = lost();
        }
        receiver = null;
        try {
            to.onClosed(end);
        } catch (RuntimeException e) {
            log.error("A receiver failed", e);
        } finally {
            drain();
            release();
        }
    }

    private CloseReason readUntilEnd(Receiver to) throws IOException, InterruptedException {
        while (true) {
            Fragment fragment = frames.next(input, wanted());
            if (fragment != null) {
                if (takeDemand()) { // otherwise the leg is closing and discards it
                    to.onFragment(fragment);
                }
            } else if (frames.violation() != null) {
                String how = String.valueOf(frames.violation());
                sendClose(new CloseReason(frames.violationCode(), how));
                return CloseReason.vanished("broke the protocol: " + how); // the bridge's other end is not at fault
            } else if (frames.closed() != null) {
                sendClose(frames.closed());
                return frames.closed();
            } else if (frames.withheld()) {
                awaitDemand();
            } else if (!fill()) {
                return lost();
            }
        }
    }

    private boolean fill() throws IOException {
        if (arrived.exhausted() && socket.getSource().read(arrived, READ) < 0) {
            return false;
        }
        arrived.read(input.clear());
        input.flip();
        return true;
    }

    private boolean wanted() {
        lock.lock();
        try {
            return demanded || closing != null;
        } finally {
            lock.unlock();
        }
    }

    private boolean takeDemand() {
        lock.lock();
        try {
            boolean taken = demanded;
            demanded = false;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void awaitDemand() throws IOException, InterruptedException {
        lock.lock();
        try {
            while (!demanded && closing == null && !aborted) {
                changed.await();
            }
            if (aborted) {
                throw new IOException("the leg was aborted");
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the server to close the connection, as RFC 6455 has it, which the deadline enforces. */
    private void drain() {
        try {
            while (socket.getSource().read(arrived, READ) >= 0) {
                arrived.clear();
            }
        } catch (IOException | RuntimeException e) {
            log.trace("A connection ended", e);
        }
    }

    private void release() {
        deadline.stop();
        socket.cancel();
        giveBack(socket.getSource());
        writer.fail();
        onReleased.accept(this);
    }

    /** Closes one half of a connection that was cancelled: OkHttp's pool keeps it until both are. */
    static void giveBack(Closeable half) {
        try {
            half.close();
        } catch (IOException | RuntimeException e) {
            log.trace("A connection ended", e);
        }
    }

    @Override
    public void onPing(byte[] payload) {
        writer.pong(payload);
    }

    @Override
    public void onPong(byte[] payload) {
        Receiver to = receiver;
        if (to == null) {
            return;
        }
        Duration next = Heartbeat.read(payload);
        if (next == null) {
            to.onPong();
        } else {
            to.onHeartbeat(next);
        }
    }

    // Writing

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        return writer.send(fragment);
    }

    @Override
    public void ping() {
        writer.controlIfRoom(Frames.PING, new byte[0]);
    }

    @Override
    public void heartbeat(Duration next) {
        writer.controlIfRoom(Frames.PONG, Heartbeat.payload(next));
    }

    // The end

    @Override
    public void close(CloseReason reason) {
        lock.lock();
        try {
            if (closing != null) {
                return;
            }
            closing = reason;
            changed.signal();
        } finally {
            lock.unlock();
        }
        sendClose(reason);
    }

    private void sendClose(CloseReason reason) {
        if (writer.close(reason)) {
            deadline.start();
        }
    }

    private CloseReason lost() {
        lock.lock();
        try {
            return closing != null ? closing : CloseReason.vanished("the connection was lost");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void abort() {
        lock.lock();
        try {
            aborted = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        socket.cancel();
        if (!opened.getAndSet(true)) { // nobody reads, nor will
            release();
        }
    }

    @Override
    public String toString() {
        return "OkHttpLeg[" + socket + "]";
    }
}
