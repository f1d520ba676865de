package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes a leg's frames to its connection: fragments, control frames, and the close frame last. Queues at most one
 * fragment, one pong and one close frame. Used in the leg's tasks only.
 */
final class UpgradedWriter {

    private static final int FIN = 0x80;
    private static final byte[] EMPTY = new byte[0];

    private final UpgradedConnection connection;
    private final Runnable onFailure;
    private boolean busy; // the last write is not complete
    private @Nullable CompletableFuture<Void> writing; // completes with that write, if it is a fragment
    private @Nullable ByteBuffer frame; // queued
    private @Nullable CompletableFuture<Void> sent; // completes when that frame is written
    private byte @Nullable [] pong; // queued
    private byte @Nullable [] close; // queued
    private boolean closing; // the close frame is queued or written
    private @Nullable Runnable whenDrained; // runs once everything is written
    private boolean connectionClosed;

    /** Creates a writer that calls {@code onFailure} if the connection fails. */
    UpgradedWriter(UpgradedConnection connection, Runnable onFailure) {
        this.connection = connection;
        this.onFailure = onFailure;
    }

    /** Encodes a fragment as a frame. Called on any thread. */
    static ByteBuffer frame(Fragment fragment, boolean continues) {
        int opcode =
                continues ? Frames.CONTINUATION : fragment.kind() == Fragment.Kind.TEXT ? Frames.TEXT : Frames.BINARY;
        return frame(opcode | (fragment.last() ? FIN : 0), fragment.payload());
    }

    private static ByteBuffer frame(int first, ByteBuffer payload) {
        ByteBuffer out = ByteBuffer.allocate(payload.remaining() + Frames.overhead());
        Frames.write(out, first, payload, false, 0);
        return out.flip();
    }

    /** Sends a frame; {@code done} completes when the next one may be sent. */
    void send(ByteBuffer bytes, CompletableFuture<Void> done) {
        if (connectionClosed || closing) {
            done.completeExceptionally(new IOException("the leg is closed"));
            return;
        }
        frame = bytes;
        sent = done;
        advance();
    }

    /** Answers a ping. */
    void pong(byte[] payload) {
        pong = payload; // only the latest ping must be answered (RFC 6455, section 5.5.3)
        advance();
    }

    /** Sends a control frame, unless a write is pending: it would not reach the peer in time. */
    void controlIfRoom(int opcode, byte[] payload) {
        if (!busy && !closing && !connectionClosed) {
            write(frame(opcode | FIN, ByteBuffer.wrap(payload)), null);
            advance();
        }
    }

    /** Sends the close frame, the last frame; returns whether this is the first call. */
    boolean close(CloseReason reason) {
        if (closing || connectionClosed) {
            return false;
        }
        closing = true;
        close = Frames.closePayload(reason);
        advance();
        return true;
    }

    /** Runs a task once everything is written; never if the connection is closed before. */
    void whenDrained(Runnable task) {
        whenDrained = task;
        advance();
    }

    /** Called when the connection can accept more bytes. */
    void writable() {
        if (busy && !connectionClosed) {
            try {
                if (connection.continueWrite()) {
                    written();
                    advance();
                }
            } catch (IOException e) {
                onFailure.run();
            }
        }
    }

    private void written() {
        busy = false;
        CompletableFuture<Void> done = writing;
        writing = null;
        if (done != null) {
            done.complete(null);
        }
    }

    private void advance() {
        while (!busy && !connectionClosed) {
            if (frame != null) {
                ByteBuffer bytes = frame;
                CompletableFuture<Void> done = sent;
                frame = null;
                sent = null;
                write(bytes, done);
            } else if (pong != null) {
                byte[] payload = pong;
                pong = null;
                if (!closing || close != null) {
                    write(frame(Frames.PONG | FIN, ByteBuffer.wrap(payload)), null);
                }
            } else if (close != null) {
                byte[] payload = close;
                close = null;
                write(frame(Frames.CLOSE | FIN, ByteBuffer.wrap(payload)), null);
            } else {
                Runnable task = whenDrained;
                whenDrained = null;
                if (task != null) {
                    task.run();
                }
                return;
            }
        }
    }

    private void write(ByteBuffer bytes, @Nullable CompletableFuture<Void> done) {
        busy = true;
        writing = done;
        try {
            if (connection.write(bytes)) {
                written();
            }
        } catch (IOException e) {
            onFailure.run();
        }
    }

    /** Called when the connection is closed: waiting sends fail. */
    void connectionClosed() {
        connectionClosed = true;
        failWaiting();
    }

    /** Fails waiting sends. A write in progress still completes. */
    void failWaiting() {
        CompletableFuture<Void> first = writing;
        CompletableFuture<Void> second = sent;
        writing = null;
        sent = null;
        frame = null;
        for (CompletableFuture<Void> waiting : Arrays.asList(first, second)) {
            if (waiting != null) {
                waiting.completeExceptionally(new IOException("the connection is closed"));
            }
        }
    }
}
