package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.Demands;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The reading half of a channel: queues a few fragments for a reader, and demands more only while there is room. */
final class Incoming {

    /** The maximum number of queued fragments; enough to keep the pipeline busy. */
    static final int MAX_WAITING = 4;

    private final Demands demands;
    private final Runnable onFinished;

    private final ReentrantLock reading = new ReentrantLock();
    private @Nullable ByteBuffer current; // guarded by reading

    private final ReentrantLock lock = new ReentrantLock(); // never held while the leg is called
    private final Condition changed = lock.newCondition();
    private final Queue<ByteBuffer> waiting = new ArrayDeque<>(MAX_WAITING);
    private boolean demanded;
    private boolean messageEmpty = true;
    private boolean finished;
    private boolean closed;
    private boolean discarding;
    private @Nullable CloseReason end;

    /** Reads from {@code leg}; {@code onFinished} runs when the peer has ended its direction. */
    Incoming(Leg leg, Runnable onFinished) {
        this.demands = new Demands(leg::demand);
        this.onFinished = onFinished;
    }

    void start() {
        lock.lock();
        try {
            demanded = true;
        } finally {
            lock.unlock();
        }
        demands.one();
    }

    /** Called by the leg, one call at a time. */
    void onFragment(Fragment fragment) {
        boolean nowFinished = false;
        boolean more;
        lock.lock();
        try {
            ByteBuffer payload = fragment.payload();
            messageEmpty &= !payload.hasRemaining();
            if (payload.hasRemaining() && !finished && !closed && !discarding) {
                waiting.add(payload);
                changed.signal();
            }
            if (fragment.last()) {
                nowFinished = messageEmpty && fragment.kind() == Fragment.Kind.BINARY && !finished;
                messageEmpty = true;
            }
            if (nowFinished) {
                finished = true;
                changed.signalAll();
            }
            demanded = false;
            more = takeDemand();
        } finally {
            lock.unlock();
        }
        if (more) {
            demands.one();
        }
        if (nowFinished) {
            onFinished.run();
        }
    }

    void end(CloseReason reason) {
        lock.lock();
        try {
            end = reason;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Wakes all readers permanently. */
    void close() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends this direction at this end only: what has arrived and what will is dropped, readers are at the end of the
     * stream, and the other end is not held up.
     */
    void shutdown() {
        boolean more;
        lock.lock();
        try {
            discarding = true;
            waiting.clear();
            changed.signalAll();
            more = takeDemand();
        } finally {
            lock.unlock();
        }
        if (more) {
            demands.one();
        }
    }

    int read(ByteBuffer target, Waiting patience) throws IOException, InterruptedException {
        reading.lock();
        try {
            ByteBuffer source = current != null && current.hasRemaining() ? checked(current) : next(patience);
            if (source == null) {
                current = null;
                return -1;
            }
            int before = target.remaining();
            while (source != null && target.hasRemaining()) {
                move(source, target);
                if (!source.hasRemaining()) {
                    source = target.hasRemaining() ? poll() : null;
                }
            }
            current = source;
            return before - target.remaining();
        } finally {
            reading.unlock();
        }
    }

    int available() {
        int here = 0;
        if (reading.tryLock()) { // otherwise a reader is active, and the waiting fragments belong to it
            here = current == null ? 0 : current.remaining();
            reading.unlock();
        }
        lock.lock();
        try {
            return closed || discarding
                    ? 0
                    : here + waiting.stream().mapToInt(ByteBuffer::remaining).sum();
        } finally {
            lock.unlock();
        }
    }

    private static void move(ByteBuffer source, ByteBuffer target) {
        if (source.remaining() <= target.remaining()) {
            target.put(source);
        } else {
            int limit = source.limit();
            source.limit(source.position() + target.remaining());
            target.put(source);
            source.limit(limit);
        }
    }

    private @Nullable ByteBuffer checked(ByteBuffer source) throws ClosedChannelException {
        lock.lock();
        try {
            if (closed) {
                throw new ClosedChannelException();
            }
            return discarding ? null : source;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable ByteBuffer poll() {
        ByteBuffer taken;
        boolean more;
        lock.lock();
        try {
            taken = waiting.poll();
            more = taken != null && takeDemand();
        } finally {
            lock.unlock();
        }
        if (more) {
            demands.one();
        }
        return taken;
    }

    /** Waits for a fragment; null at the end. */
    private @Nullable ByteBuffer next(Waiting patience) throws IOException, InterruptedException {
        current = null;
        lock.lock();
        try {
            if (closed) {
                throw new ClosedChannelException();
            }
            while (waiting.isEmpty()) {
                if (closed) {
                    throw new AsynchronousCloseException();
                }
                if (finished || discarding) {
                    return null;
                }
                if (end != null) {
                    if (inGoodOrder(end)) {
                        return null;
                    }
                    throw new BridgeException(end);
                }
                if (!patience.await(changed) && waiting.isEmpty() && nothingNew()) {
                    throw new SocketTimeoutException("read timed out");
                }
            }
        } finally {
            lock.unlock();
        }
        return poll();
    }

    private boolean nothingNew() {
        return !closed && !finished && !discarding && end == null;
    }

    static boolean inGoodOrder(CloseReason reason) {
        return reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS;
    }

    /**
     * Returns whether to demand now. Demand continues after the peer's last byte, so that the leg notices later events.
     */
    private boolean takeDemand() {
        boolean room = finished || waiting.size() < MAX_WAITING;
        if (demanded || closed || end != null || !room) {
            return false;
        }
        demanded = true;
        return true;
    }
}
