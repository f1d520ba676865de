package io.github.wsbridge.okhttp;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.MaskKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import okio.Buffer;
import okio.Sink;
import org.jspecify.annotations.Nullable;

/**
 * Writes a leg's frames to its connection, on a thread that it has only while there is something to write. What is sent
 * meanwhile is gathered: up to {@link #ROOM} bytes, one more fragment, one pong, and the close frame. Thread-safe.
 */
final class OkHttpWriter {

    /** How many bytes are gathered before a send has to wait. */
    private static final int ROOM = 64 * 1024;

    /** How much is written at once, so that progress is seen. */
    private static final int PIECE = 16 * 1024;

    private static final int FIN = 0x80;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Sink sink;
    private final Executor threads;
    private final Runnable onFailure;
    private boolean midMessage; // whether the last fragment did not end its message; used by the sender only
    private volatile long written; // by one thread at a time

    private final ReentrantLock lock = new ReentrantLock(); // not held while writing
    private final Buffer gathered = new Buffer();
    private @Nullable CompletableFuture<Void> room; // completes when there is some
    private byte @Nullable [] pong;
    private boolean running;
    private boolean closing; // the close frame has been gathered
    private boolean failed;

    /** @param onFailure called if the connection fails */
    OkHttpWriter(Sink sink, Executor threads, Runnable onFailure) {
        this.sink = sink;
        this.threads = threads;
        this.onFailure = onFailure;
    }

    /** Returns how many bytes have been written. */
    long written() {
        return written;
    }

    /** Sends a fragment; completes when the next one may be sent. One call at a time. */
    CompletionStage<Void> send(Fragment fragment) {
        int kind = fragment.kind() == Fragment.Kind.TEXT ? Frames.TEXT : Frames.BINARY;
        int opcode = midMessage ? Frames.CONTINUATION : kind;
        midMessage = !fragment.last();
        ByteBuffer frame = frame(opcode | (fragment.last() ? FIN : 0), fragment.payload());
        CompletionStage<Void> sent = SENT;
        lock.lock();
        try {
            if (closing || failed) {
                return CompletableFuture.failedStage(new IOException("the leg is closed"));
            }
            gather(frame);
            if (gathered.size() > ROOM) {
                room = new CompletableFuture<>();
                sent = room;
            }
        } finally {
            lock.unlock();
        }
        start();
        return sent;
    }

    private static ByteBuffer frame(int first, ByteBuffer payload) {
        ByteBuffer out = ByteBuffer.allocate(payload.remaining() + Frames.overhead());
        Frames.write(out, first, payload, true, MaskKeys.next());
        return out.flip();
    }

    private void gather(ByteBuffer frame) {
        gathered.write(frame.array(), frame.position(), frame.remaining());
    }

    /** Answers a ping. Only the latest must be answered (RFC 6455, section 5.5.3). */
    void pong(byte[] payload) {
        lock.lock();
        try {
            pong = payload;
        } finally {
            lock.unlock();
        }
        start();
    }

    /** Sends a control frame, unless a send is waiting for room: it would not reach the peer in time. */
    void controlIfRoom(int opcode, byte[] payload) {
        lock.lock();
        try {
            if (gathered.size() > ROOM || closing || failed) {
                return;
            }
            gather(frame(opcode | FIN, ByteBuffer.wrap(payload)));
        } finally {
            lock.unlock();
        }
        start();
    }

    /** Sends the close frame, the last frame; returns whether this is the first call. */
    boolean close(CloseReason reason) {
        lock.lock();
        try {
            if (closing || failed) {
                return false;
            }
            gatherPong();
            gather(frame(Frames.CLOSE | FIN, ByteBuffer.wrap(Frames.closePayload(reason))));
            closing = true;
        } finally {
            lock.unlock();
        }
        start();
        return true;
    }

    private void gatherPong() {
        byte[] payload = pong;
        pong = null;
        if (payload != null && !closing) {
            gather(frame(Frames.PONG | FIN, ByteBuffer.wrap(payload)));
        }
    }

    /** Drops what has not been written, and closes the sink, whose connection was cancelled. */
    void fail() {
        CompletableFuture<Void> hopeless;
        boolean idle;
        lock.lock();
        try {
            idle = !running && !failed; // otherwise the thread that writes closes it
            failed = true;
            gathered.clear();
            hopeless = room;
            room = null;
        } finally {
            lock.unlock();
        }
        if (idle) {
            OkHttpLeg.giveBack(sink);
        }
        if (hopeless != null) {
            hopeless.completeExceptionally(new IOException("the connection is closed"));
        }
    }

    private void start() {
        lock.lock();
        try {
            if (running || failed) {
                return;
            }
            running = true;
        } finally {
            lock.unlock();
        }
        try {
            threads.execute(this::run);
        } catch (RuntimeException | Error e) { // the system has no more threads
            onFailure.run();
        }
    }

    private void run() {
        Buffer batch = new Buffer();
        try {
            while (next(batch)) {
                write(batch);
            }
        } catch (IOException | RuntimeException e) {
            onFailure.run();
        }
    }

    /** Takes what has been gathered; returns false if that is nothing. */
    private boolean next(Buffer batch) {
        CompletableFuture<Void> done = null;
        boolean more;
        boolean over;
        lock.lock();
        try {
            gatherPong();
            over = failed;
            more = !over && !gathered.exhausted();
            if (more) {
                batch.write(gathered, gathered.size());
                done = room;
                room = null;
            } else {
                running = false;
            }
        } finally {
            lock.unlock();
        }
        if (over) {
            OkHttpLeg.giveBack(sink);
        }
        if (done != null) {
            done.complete(null);
        }
        return more;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
    private void write(Buffer batch) throws IOException {
        while (!batch.exhausted()) {
            long size = Math.min(PIECE, batch.size());
            sink.write(batch, size);
            written += size;
        }
        sink.flush();
    }
}
