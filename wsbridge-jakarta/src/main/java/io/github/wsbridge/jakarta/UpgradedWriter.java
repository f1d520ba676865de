package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a leg writes to its connection: fragments, control frames, and the close frame last. Holds one fragment and one
 * control frame of each kind at most. Belongs to the leg's turn.
 */
final class UpgradedWriter {

    private static final int FIN = 0x80;
    private static final byte[] NOTHING = new byte[0];

    private final UpgradedConnection connection;
    private final Runnable broken;
    private boolean busy; // the connection holds a part of what was written last
    private @Nullable CompletableFuture<Void> writing; // whose fragment that is
    private @Nullable ByteBuffer frame; // waits
    private @Nullable CompletableFuture<Void> sent; // whose fragment that is
    private byte @Nullable [] pong; // waits
    private byte @Nullable [] close; // waits
    private boolean closing; // the close frame waits or has been written
    private @Nullable Runnable drained; // runs once all has been written
    private boolean gone;

    /** Calls {@code broken} if the connection fails. */
    UpgradedWriter(UpgradedConnection connection, Runnable broken) {
        this.connection = connection;
        this.broken = broken;
    }

    /** A fragment as a frame, on any thread. */
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
        if (gone || closing) {
            done.completeExceptionally(new IOException("the leg is closed"));
            return;
        }
        frame = bytes;
        sent = done;
        advance();
    }

    /** Answers a ping. */
    void answer(byte[] ping) {
        pong = ping; // the latest is enough (RFC 6455, section 5.5.3)
        advance();
    }

    /** Sends an empty control frame, but not behind data that does not get through: there it would be of no use. */
    void controlIfRoom(int opcode) {
        if (!busy && !closing && !gone) {
            write(frame(opcode | FIN, ByteBuffer.wrap(NOTHING)), null);
            advance();
        }
    }

    /** Sends the close frame, the last that goes out; tells whether it had not been sent before. */
    boolean close(CloseReason reason) {
        if (closing || gone) {
            return false;
        }
        closing = true;
        close = Frames.closePayload(reason);
        advance();
        return true;
    }

    /** Runs a task once all has been written; never if the connection ends before. */
    void whenDrained(Runnable task) {
        drained = task;
        advance();
    }

    /** The connection may take more. */
    void writable() {
        if (busy && !gone) {
            try {
                if (connection.writeOn()) {
                    written();
                    advance();
                }
            } catch (IOException e) {
                broken.run();
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
        while (!busy && !gone) {
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
                Runnable task = drained;
                drained = null;
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
            broken.run();
        }
    }

    /** The connection is gone, or is about to go: sends that wait fail. */
    void gone() {
        gone = true;
        failWaiting();
    }

    /** Sends that wait are of no use any more. What is being written goes out still. */
    void failWaiting() {
        CompletableFuture<Void> first = writing;
        CompletableFuture<Void> second = sent;
        writing = null;
        sent = null;
        frame = null;
        for (CompletableFuture<Void> waiting : java.util.Arrays.asList(first, second)) {
            if (waiting != null) {
                waiting.completeExceptionally(new IOException("the connection is closed"));
            }
        }
    }
}
