package io.github.wsbridge.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The output of a {@link BlockingLeg}, written by a thread of its own. What is sent while that thread writes is
 * gathered in a second buffer, so that many small fragments cost few writes.
 */
final class BlockingWriter {

    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final BlockingConnection connection;

    private final ReentrantLock lock = new ReentrantLock(); // not held while writing
    private final Condition changed = lock.newCondition();
    private @Nullable ByteBuffer gathered;
    private @Nullable ByteBuffer waiting; // what found no room
    private @Nullable CompletableFuture<Void> room; // completes when it has
    private boolean finishing;
    private boolean failed;
    private volatile long written; // by one thread

    BlockingWriter(BlockingConnection connection) {
        this.connection = connection;
    }

    /** Returns how many bytes have been written. */
    long written() {
        return written;
    }

    /** Takes a payload; completes when all of it has found room. One call at a time. */
    CompletionStage<Void> send(ByteBuffer payload) {
        lock.lock();
        try {
            if (failed) {
                return closed();
            }
            if (finishing) { // a caller's error, which must not end the other direction
                payload.position(payload.limit());
                return SENT;
            }
            if (gathered == null) {
                gathered = Buffers.take();
            }
            move(payload, gathered);
            changed.signal();
            if (!payload.hasRemaining()) {
                return SENT;
            }
            waiting = payload;
            room = new CompletableFuture<>();
            return room;
        } finally {
            lock.unlock();
        }
    }

    static CompletionStage<Void> closed() {
        return CompletableFuture.failedStage(new IOException("the leg is closed"));
    }

    /** Ends the output after everything that was sent. */
    void finish() {
        lock.lock();
        try {
            finishing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Drops what is not written yet. */
    void fail() {
        CompletableFuture<Void> hopeless;
        lock.lock();
        try {
            failed = true;
            waiting = null;
            hopeless = room;
            room = null;
            changed.signal();
        } finally {
            lock.unlock();
        }
        if (hopeless != null) {
            hopeless.completeExceptionally(new IOException("the connection is closed"));
        }
    }

    /** Writes until the output is finished, or was dropped; blocks. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
    void run() throws IOException {
        ByteBuffer empty = Buffers.take();
        for (ByteBuffer full = next(empty); full != null; full = next(empty)) {
            while (full.hasRemaining()) {
                written += connection.write(full);
            }
            empty = full.clear();
        }
        Buffers.give(empty); // not after a failure, when it may be the one that is filled
    }

    /** Waits for something to write, and gathers more in {@code empty}; null at the end. */
    private @Nullable ByteBuffer next(ByteBuffer empty) throws IOException {
        ByteBuffer full;
        boolean dropped;
        CompletableFuture<Void> done = null;
        lock.lock();
        try {
            while (!failed && !finishing && (gathered == null || gathered.position() == 0)) {
                changed.awaitUninterruptibly();
            }
            full = gathered;
            dropped = failed;
            if (dropped || full == null || full.position() == 0) {
                gathered = null;
                Buffers.give(full);
                full = null;
            } else {
                gathered = empty;
                if (waiting != null) {
                    move(waiting, empty);
                    if (!waiting.hasRemaining()) {
                        waiting = null;
                        done = room;
                        room = null;
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        if (done != null) {
            done.complete(null);
        }
        if (full != null) {
            return full.flip();
        }
        if (!dropped) { // otherwise it is about to be reset
            connection.finishOutput();
        }
        return null;
    }

    private static void move(ByteBuffer source, ByteBuffer target) {
        int length = Math.min(source.remaining(), target.remaining());
        target.put(target.position(), source, source.position(), length);
        source.position(source.position() + length);
        target.position(target.position() + length);
    }
}
