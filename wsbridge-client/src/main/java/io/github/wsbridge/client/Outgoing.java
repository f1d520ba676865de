package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The writing half of a channel: splits the data into messages and sends them one at a time. */
final class Outgoing {

    /** A message of this size and its header exactly fill one write buffer of the JDK's client, 16 KiB. */
    static final int MAX_MESSAGE = 16 * 1024 - 8;

    private final Leg leg;
    private final Runnable onFinished;

    private final ReentrantLock writing = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock(); // never held while the leg is called
    private final Condition changed = lock.newCondition();
    private boolean inFlight;
    private boolean finished;
    private boolean closed;
    private @Nullable CloseReason end;
    private @Nullable Throwable failure;

    /** Writes to {@code leg}; {@code onFinished} runs once the end of this direction has been sent. */
    Outgoing(Leg leg, Runnable onFinished) {
        this.leg = leg;
        this.onFinished = onFinished;
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

    /** Wakes all writers permanently; returns whether a write was in progress. */
    boolean close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            return inFlight;
        } finally {
            lock.unlock();
        }
    }

    int write(ByteBuffer source, Waiting patience) throws IOException, InterruptedException {
        writing.lock();
        try {
            int start = source.position();
            do {
                begin(); // an empty write gets this far, so that it fails whenever any other would
                int length = Math.min(source.remaining(), MAX_MESSAGE);
                if (length > 0) {
                    send(source.slice(source.position(), length), patience);
                    source.position(source.position() + length);
                }
            } while (source.hasRemaining());
            return source.position() - start;
        } finally {
            writing.unlock();
        }
    }

    /** Sends the empty message that ends this direction, once. */
    void finish(Waiting patience) throws IOException, InterruptedException {
        writing.lock();
        try {
            if (finished()) {
                return;
            }
            try {
                begin();
                send(ByteBuffer.allocate(0), patience);
            } catch (BridgeException e) {
                if (Incoming.inGoodOrder(e.closeReason())) {
                    return; // both directions had ended, and the close is here before the news that this was sent
                }
                throw e;
            }
            lock.lock();
            try {
                finished = true;
            } finally {
                lock.unlock();
            }
        } finally {
            writing.unlock();
        }
        onFinished.run();
    }

    /** Returns whether this direction has ended in good order. */
    private boolean finished() {
        lock.lock();
        try {
            return finished || !closed && end != null && Incoming.inGoodOrder(end);
        } finally {
            lock.unlock();
        }
    }

    private void begin() throws IOException {
        lock.lock();
        try {
            if (closed || finished) {
                throw new ClosedChannelException();
            }
            if (end != null) {
                throw new BridgeException(end);
            }
        } finally {
            lock.unlock();
        }
    }

    private void send(ByteBuffer payload, Waiting patience) throws IOException, InterruptedException {
        lock.lock();
        try {
            inFlight = true;
        } finally {
            lock.unlock();
        }
        leg.send(Fragment.binary(payload)).whenComplete((done, failed) -> sent(failed));
        lock.lock();
        try {
            while (inFlight && !closed && end == null) {
                if (!patience.await(changed) && inFlight) {
                    throw new SocketTimeoutException("write timed out");
                }
            }
            if (inFlight || failure != null) {
                throw closed
                        ? new AsynchronousCloseException()
                        : new BridgeException(end == null ? CloseReason.vanished("send failed") : end, failure);
            }
        } finally {
            lock.unlock();
        }
    }

    private void sent(@Nullable Throwable failed) {
        lock.lock();
        try {
            inFlight = false;
            failure = failed;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
