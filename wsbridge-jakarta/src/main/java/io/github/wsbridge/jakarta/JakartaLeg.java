package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.TextDecoder;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A leg over a Jakarta WebSocket session.
 *
 * <p>The API pushes; a leg is asked. So a container's thread that comes with a fragment before it was asked for waits here,
 * which is what makes containers stop reading. Tyrus comes only when asked, so there nobody waits.
 */
public final class JakartaLeg implements Leg {

    /** Most payload bytes given to a container at once. */
    public static final int MAX_FRAME = 16 * 1024;

    private static final int NOT_UTF_8 = 1007;

    /** How deep the current thread is in callbacks of containers, whose threads are there to block. */
    private static final ThreadLocal<Integer> CALLBACKS = ThreadLocal.withInitial(() -> 0);

    private final Session session;
    private final Wire wire;
    private final String subprotocol;
    private final TextDecoder text = new TextDecoder(); // one send at a time
    private final SerialExecutor events =
            new SerialExecutor(Runnable::run, this::abort); // a receiver that throws asks for nothing more

    private final ReentrantLock lock = new ReentrantLock(); // not a monitor: waiting in one would pin virtual threads
    private final Condition changed = lock.newCondition();
    private @Nullable Receiver receiver; // guarded by lock
    private boolean demanded; // guarded by lock
    private boolean closing; // guarded by lock
    private @Nullable CloseReason end; // guarded by lock

    public JakartaLeg(Session session, String subprotocol, Wire wire) {
        this.session = session;
        this.subprotocol = subprotocol;
        this.wire = wire;
        wire.attach(this);
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver opened) {
        CloseReason ended;
        lock.lock();
        try {
            receiver = opened;
            ended = end;
        } finally {
            lock.unlock();
        }
        if (ended != null) {
            events.execute(() -> opened.onClosed(ended));
        }
    }

    @Override
    public void demand() {
        lock.lock();
        try {
            demanded = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        wire.demanded();
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
        return wire.perform(() -> write(fragment), fragment.last());
    }

    @Override
    public void ping() {
        wire.ping();
    }

    @Override
    public void heartbeat() {
        wire.heartbeat();
    }

    @Override
    public void close(CloseReason reason) {
        lock.lock();
        try {
            if (closing || end != null) {
                return;
            }
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        wire.close(reason);
    }

    @Override
    public void abort() {
        wire.drop();
    }

    /** Tells whether a fragment would be taken at once. */
    public boolean wanted() {
        lock.lock();
        try {
            return demanded && end == null;
        } finally {
            lock.unlock();
        }
    }

    /** Tells whether the calling thread may block, since it is a container's in a callback. */
    public static boolean inCallback() {
        return CALLBACKS.get() > 0;
    }

    /** Delivers a fragment, which from now on is the receiver's; waits until it is asked for. Drops it after the end. */
    public void arrived(Fragment fragment) {
        boolean first;
        lock.lock();
        try {
            while (!demanded && !closing && end == null) {
                changed.await();
            }
            Receiver to = receiver;
            if (!demanded || end != null || to == null) {
                return;
            }
            demanded = false;
            first = events.add(() -> to.onFragment(fragment)); // under the lock, so that the end comes behind it
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the container is stopping
            wire.drop();
            return;
        } finally {
            lock.unlock();
        }
        int depth = CALLBACKS.get();
        CALLBACKS.set(depth + (wire.container() ? 1 : 0));
        try {
            if (first) {
                events.dispatch();
            }
        } finally {
            CALLBACKS.set(depth);
        }
    }

    /** Delivers a pong. */
    public void ponged() {
        boolean first;
        lock.lock();
        try {
            Receiver to = end == null ? receiver : null;
            first = to != null && events.add(to::onPong);
        } finally {
            lock.unlock();
        }
        if (first) {
            events.dispatch();
        }
    }

    /** Ends the leg. Only the first call counts. */
    public void ended(CloseReason reason) {
        boolean first;
        lock.lock();
        try {
            if (end != null) {
                return;
            }
            end = reason;
            Receiver to = receiver;
            first = to != null && events.add(() -> to.onClosed(reason));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (first) {
            events.dispatch();
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
            close(new CloseReason(NOT_UTF_8, "text is not UTF-8"));
            throw e;
        } catch (IOException e) {
            abort();
            throw e;
        } catch (
                RuntimeException
                        e) { // an IllegalStateException where the session is closed, which is reported elsewhere
            if (session.isOpen()) {
                abort();
            }
            throw new IOException("the leg is closed", e);
        }
    }
}
