package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.Heartbeat;
import io.github.wsbridge.wire.websocket.TextDecoder;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A leg over a Jakarta WebSocket session. The API pushes fragments; those that arrive without demand wait here, and
 * the {@link SessionIo} ensures that they are no more than one read of the socket holds.
 */
public final class JakartaLeg implements Leg {

    /** The maximum number of payload bytes passed to a container at a time. */
    public static final int MAX_FRAME = 64 * 1024;

    private final Session session;
    private final SessionIo io;
    private final String subprotocol;
    private final TextDecoder text = new TextDecoder(); // one send at a time
    private final SerialExecutor events = new SerialExecutor(Runnable::run, this::abort); // for a receiver that throws

    private final ReentrantLock lock = new ReentrantLock(); // not a monitor: waiting in one would pin virtual threads
    private final Condition delivered = lock.newCondition();
    private final Queue<Fragment> waiting = new ArrayDeque<>(); // guarded by lock
    private @Nullable Receiver receiver; // guarded by lock
    private boolean demanded; // guarded by lock
    private boolean closing; // guarded by lock: whether what arrives is discarded
    private @Nullable CloseReason end; // guarded by lock
    private boolean told; // guarded by lock: whether the receiver knows of the end

    JakartaLeg(Session session, SessionIo io) {
        String agreed = session.getNegotiatedSubprotocol();
        this.session = session;
        this.subprotocol = agreed == null ? "" : agreed;
        this.io = io;
        io.attach(this);
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver opened) {
        lock.lock();
        try {
            receiver = opened;
        } finally {
            lock.unlock();
        }
        deliver();
    }

    @Override
    public void demand() {
        lock.lock();
        try {
            demanded = true;
        } finally {
            lock.unlock();
        }
        deliver();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        lock.lock();
        try {
            if (closing || end != null) {
                return CompletableFuture.failedFuture(new IOException("the leg is closed"));
            }
        } finally {
            lock.unlock();
        }
        return io.perform(() -> write(fragment), fragment.last());
    }

    @Override
    public void ping() {
        io.ping();
    }

    @Override
    public void heartbeat(Duration next) {
        io.heartbeat(next);
    }

    @Override
    public void close(CloseReason reason) {
        if (discardInput()) {
            io.close(reason);
        }
    }

    @Override
    public void abort() {
        discardInput();
        io.drop();
    }

    /**
     * Discards waiting and further input, so that the peer's close frame is reached. If the peer has already ended the
     * leg, the end waited for that data to be delivered, and is reported now.
     *
     * @return whether the leg was open until now
     */
    private boolean discardInput() {
        boolean first;
        lock.lock();
        try {
            first = !closing && end == null;
            closing = true;
            waiting.clear();
        } finally {
            lock.unlock();
        }
        deliver();
        io.delivered();
        return first;
    }

    /** Returns whether everything that has arrived is delivered. */
    public boolean idle() {
        lock.lock();
        try {
            return waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything that has arrived is delivered; drops the connection if the thread is interrupted. */
    void awaitDelivery() {
        lock.lock();
        try {
            while (!waiting.isEmpty()) {
                delivered.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the container is stopping
            io.drop();
        } finally {
            lock.unlock();
        }
    }

    /** Accepts a fragment from the container, and takes ownership of it. */
    void arrived(Fragment fragment) {
        lock.lock();
        try {
            if (closing || end != null) {
                return;
            }
            waiting.add(fragment);
        } finally {
            lock.unlock();
        }
        deliver();
        io.arrived();
    }

    /** Called when a pong has arrived. */
    public void ponged(byte[] payload) {
        Duration next = Heartbeat.read(payload);
        boolean first;
        lock.lock();
        try {
            Receiver to = end == null ? receiver : null;
            first = to != null && events.add(next == null ? to::onPong : () -> to.onHeartbeat(next));
        } finally {
            lock.unlock();
        }
        if (first) {
            events.dispatch();
        }
    }

    /** Ends the leg once what waits has been delivered. Only the first call has an effect. */
    public void ended(CloseReason reason) {
        lock.lock();
        try {
            if (end == null) {
                end = reason;
            }
        } finally {
            lock.unlock();
        }
        deliver();
    }

    private void deliver() {
        boolean first = false;
        boolean emptied = false;
        lock.lock();
        try {
            Receiver to = receiver;
            CloseReason over = end;
            if (to == null) {
                delivered.signalAll(); // the input may have been discarded
                return;
            }
            Fragment next = demanded ? waiting.poll() : null;
            if (next != null) {
                demanded = false;
                first = events.add(() -> to.onFragment(next)); // under the lock, so that the end follows it
                emptied = waiting.isEmpty();
            }
            if (over != null && waiting.isEmpty() && !told) {
                told = true;
                first |= events.add(() -> to.onClosed(over));
            }
            delivered.signalAll();
        } finally {
            lock.unlock();
        }
        if (first) {
            events.dispatch();
        }
        if (emptied) {
            io.delivered();
        }
    }

    private void write(Fragment fragment) throws IOException {
        ByteBuffer payload = fragment.payload();
        try {
            RemoteEndpoint.Basic remote = session.getBasicRemote();
            do {
                int size = Math.min(payload.remaining(), MAX_FRAME);
                ByteBuffer part = payload.slice(payload.position(), size);
                payload.position(payload.position() + size);
                boolean last = fragment.last() && !payload.hasRemaining();
                if (fragment.kind() == Fragment.Kind.BINARY) {
                    remote.sendBinary(part, last);
                } else {
                    remote.sendText(text.decode(part, last), last);
                }
            } while (payload.hasRemaining());
        } catch (CharacterCodingException e) {
            close(new CloseReason(CloseReason.INVALID_PAYLOAD, "text is not UTF-8"));
            throw e;
        } catch (IOException e) {
            abort();
            throw e;
        } catch (RuntimeException e) { // the session may be closed, which is reported elsewhere
            if (session.isOpen()) {
                abort();
            }
            throw new IOException("the leg is closed", e);
        }
    }
}
