package io.github.wsbridge.testkit;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A minimal leg on a {@link RawWebSocket}: the reference peer for tests of real transports. It has two threads: one
 * reads and calls the receiver, the other writes.
 */
public final class SocketLeg implements Leg {

    private static final long CLOSE_DEADLINE_SECONDS = 5;
    private static final int LARGEST_FRAGMENT = 128 * 1024;
    private static final int PROTOCOL_ERROR = 1002;

    private final RawWebSocket socket;
    private final ExecutorService writer;

    private boolean demanded; // guarded by this
    private boolean dropped; // guarded by this
    private @Nullable CloseReason closing; // guarded by this
    private boolean closeSent; // used by the writer only
    private boolean midMessage; // used by the writer only

    /** Creates a leg on an open WebSocket, of which it takes ownership. */
    public SocketLeg(RawWebSocket socket) {
        this.socket = socket;
        this.writer = Executors.newSingleThreadExecutor(task -> daemon(task, "socket-leg-writer"));
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public String subprotocol() {
        return socket.subprotocol();
    }

    @Override
    public void open(Receiver receiver) {
        daemon(() -> receiver.onClosed(readAll(receiver)), "socket-leg-reader").start();
    }

    private CloseReason readAll(Receiver receiver) {
        try {
            Fragment.Kind kind = Fragment.Kind.BINARY;
            while (true) {
                Frame frame = socket.read();
                switch (frame.opcode()) {
                    case RawWebSocket.PING -> onWriter(() -> write(RawWebSocket.PONG, true, frame.payload()));
                    case RawWebSocket.PONG -> receiver.onPong();
                    case RawWebSocket.CLOSE -> {
                        CloseReason reason = new CloseReason(frame.closeCode(), frame.text());
                        sendClose(reason).join();
                        return reason;
                    }
                    default -> {
                        if (frame.opcode() == RawWebSocket.TEXT) {
                            kind = Fragment.Kind.TEXT;
                        } else if (frame.opcode() == RawWebSocket.BINARY) {
                            kind = Fragment.Kind.BINARY;
                        }
                        if (frame.masked() == socket.client()) {
                            sendClose(new CloseReason(PROTOCOL_ERROR, "")).join();
                            return CloseReason.vanished("a frame with the wrong masking");
                        }
                        deliver(receiver, kind, frame);
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            CloseReason given = closing();
            return given == null ? CloseReason.vanished("") : given;
        } finally {
            drop();
        }
    }

    private void deliver(Receiver receiver, Fragment.Kind kind, Frame frame) throws IOException {
        byte[] payload = frame.payload();
        int at = 0;
        do {
            int size = Math.min(LARGEST_FRAGMENT, payload.length - at);
            awaitDemand();
            ByteBuffer piece = ByteBuffer.wrap(payload, at, size).slice();
            at += size;
            receiver.onFragment(new Fragment(kind, piece, frame.last() && at == payload.length));
        } while (at < payload.length);
    }

    private synchronized void awaitDemand() throws IOException {
        while (!demanded && !dropped) {
            try {
                wait();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
        if (dropped) {
            throw new IOException("dropped");
        }
        demanded = false;
    }

    @Override
    public synchronized void demand() {
        demanded = true;
        notifyAll();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        ByteBuffer payload = fragment.payload();
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        if (closing() != null) {
            return CompletableFuture.failedFuture(new IOException("closed"));
        }
        return onWriter(() -> {
            int opcode = fragment.kind() == Fragment.Kind.TEXT ? RawWebSocket.TEXT : RawWebSocket.BINARY;
            write(midMessage ? RawWebSocket.CONTINUATION : opcode, fragment.last(), bytes);
            midMessage = !fragment.last();
        });
    }

    @Override
    public void ping() {
        onWriter(() -> write(RawWebSocket.PING, true));
    }

    private void write(int opcode, boolean last, byte... payload) throws IOException {
        if (closeSent) {
            throw new IOException("closed");
        }
        closeSent = opcode == RawWebSocket.CLOSE;
        socket.write(opcode, last, payload);
    }

    @Override
    public void close(CloseReason reason) {
        synchronized (this) {
            if (closing != null) {
                return;
            }
            closing = reason;
        }
        sendClose(reason);
        CompletableFuture.delayedExecutor(CLOSE_DEADLINE_SECONDS, TimeUnit.SECONDS)
                .execute(this::drop);
    }

    private CompletableFuture<Void> sendClose(CloseReason reason) {
        synchronized (this) {
            closing = closing == null ? reason : closing;
        }
        return onWriter(() -> {
            if (!closeSent) {
                boolean empty = reason.code() == CloseReason.NO_STATUS;
                write(
                        RawWebSocket.CLOSE,
                        true,
                        empty ? new byte[0] : RawWebSocket.closePayload(reason.code(), reason.reason()));
            }
        });
    }

    @Override
    public void abort() {
        synchronized (this) {
            closing = closing == null ? CloseReason.vanished("") : closing;
        }
        drop();
    }

    private synchronized @Nullable CloseReason closing() {
        return closing;
    }

    private void drop() {
        synchronized (this) {
            dropped = true;
            notifyAll();
        }
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone either way
        }
        writer.shutdown();
    }

    /** A task that writes. */
    @FunctionalInterface
    private interface Writing {
        void run() throws IOException;
    }

    private CompletableFuture<Void> onWriter(Writing writing) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            writer.execute(() -> {
                try {
                    writing.run();
                    done.complete(null);
                } catch (IOException e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(new IOException("closed", e));
        }
        return done;
    }
}
