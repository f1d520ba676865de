package io.github.wsbridge.examples.transport;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.examples.transport.FrameSocket.Header;
import io.github.wsbridge.examples.transport.FrameSocket.Type;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.CloseDeadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A leg on a {@link FrameSocket}. One thread reads while the leg is open; another writes while there is something to
 * write. The methods of the leg do not block: they only signal those two threads.
 */
final class FrameLeg implements Leg {

    private static final int LARGEST_FRAGMENT = 64 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final FrameSocket socket;
    private final String subprotocol;
    private final Executor threads;
    private final CloseDeadline deadline;
    private final AtomicBoolean pinging = new AtomicBoolean();
    private final AtomicBoolean ponging = new AtomicBoolean();

    private final Queue<Runnable> toWrite = new ArrayDeque<>(); // guarded by this, as is the rest
    private boolean writing;
    private boolean demanded;
    private boolean dropped;
    private @Nullable CloseReason closing;

    /**
     * Creates a leg on an open connection.
     *
     * @param threads runs blocking tasks, up to two for each leg
     * @param timer runs tasks that do not block
     */
    FrameLeg(FrameSocket socket, String subprotocol, Executor threads, ScheduledExecutorService timer) {
        this.socket = socket;
        this.subprotocol = subprotocol;
        this.threads = threads;
        this.deadline = new CloseDeadline(timer, socket::written, this::drop);
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver receiver) {
        try {
            threads.execute(() -> receiver.onClosed(read(receiver)));
        } catch (RejectedExecutionException e) {
            drop();
            receiver.onClosed(CloseReason.vanished("the transport is closed"));
        }
    }

    /** Reads until the end, and returns its reason. */
    private CloseReason read(Receiver receiver) {
        try {
            while (true) {
                Header header = socket.readHeader();
                switch (header.type()) {
                    case PING -> control(Type.PONG, ponging);
                    case PONG -> receiver.onPong();
                    case CLOSE -> {
                        CloseReason reason = closeReason(socket.readPayload(header.length()));
                        close(reason); // the answer, unless this leg has already sent a close
                        written().join(); // bounded by the close deadline
                        return reason;
                    }
                    case BINARY -> deliver(receiver, Fragment.Kind.BINARY, header);
                    case TEXT -> deliver(receiver, Fragment.Kind.TEXT, header);
                }
            }
        } catch (IOException | RuntimeException e) {
            CloseReason given = closing();
            return given == null ? CloseReason.vanished("") : given;
        } finally {
            drop();
        }
    }

    /** Delivers a frame on demand, in several fragments if it is large. */
    private void deliver(Receiver receiver, Fragment.Kind kind, Header header) throws IOException {
        int left = header.length();
        do {
            boolean wanted = awaitDemand();
            int size = Math.min(left, LARGEST_FRAGMENT);
            ByteBuffer payload = ByteBuffer.wrap(socket.readPayload(size));
            left -= size;
            if (wanted) {
                receiver.onFragment(new Fragment(kind, payload, header.last() && left == 0));
            }
        } while (left > 0);
    }

    /** Waits for demand; returns false if the leg is closing and no more data is wanted. */
    private synchronized boolean awaitDemand() throws IOException {
        while (!demanded && closing == null && !dropped) {
            try {
                wait();
            } catch (InterruptedException e) {
                throw new IOException("the transport is closing", e);
            }
        }
        boolean wanted = demanded;
        demanded = false;
        return wanted;
    }

    @Override
    public synchronized void demand() {
        demanded = true;
        notifyAll();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        Type type = fragment.kind() == Fragment.Kind.TEXT ? Type.TEXT : Type.BINARY;
        synchronized (this) {
            return closing != null
                    ? CompletableFuture.failedFuture(new IOException("the leg is closed"))
                    : write(type, fragment.last(), fragment.payload());
        }
    }

    @Override
    public void ping() {
        control(Type.PING, pinging);
    }

    @Override
    public void heartbeat(Duration next) {
        control(Type.PONG, ponging);
    }

    /**
     * Sends a control frame, unless one of the same type is still queued. This bounds the queue if the peer floods or
     * does not read.
     */
    private synchronized void control(Type type, AtomicBoolean waits) {
        if (closing == null && waits.compareAndSet(false, true)) {
            write(type, true, NOTHING.duplicate()).whenComplete((done, failure) -> waits.set(false));
        }
    }

    @Override
    public void close(CloseReason reason) {
        synchronized (this) {
            if (closing != null) {
                return;
            }
            closing = reason;
            notifyAll();
            byte[] words = reason.reason().getBytes(StandardCharsets.UTF_8);
            ByteBuffer payload = ByteBuffer.allocate(2 + words.length)
                    .putShort((short) reason.code())
                    .put(words)
                    .flip();
            write(Type.CLOSE, true, payload); // after everything sent before
        }
        deadline.start();
    }

    private static CloseReason closeReason(byte[] payload) throws IOException {
        if (payload.length < 2) {
            throw new IOException("not a close frame");
        }
        int code = ByteBuffer.wrap(payload).getShort();
        return new CloseReason(code, new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
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
        deadline.stop();
        socket.close(); // ends a blocked read and a blocked write
    }

    /** Completes when everything queued has been written or has failed. */
    private CompletableFuture<Void> written() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        enqueue(() -> done.complete(null));
        return done;
    }

    private CompletableFuture<Void> write(Type type, boolean last, ByteBuffer payload) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        enqueue(() -> {
            try {
                socket.write(type, last, payload);
                done.complete(null);
            } catch (IOException e) {
                done.completeExceptionally(e);
                socket.close(); // the reader notices this and reports the end
            }
        });
        return done;
    }

    private synchronized void enqueue(Runnable task) {
        toWrite.add(task);
        if (!writing) {
            writing = true;
            try {
                threads.execute(this::writeAll);
            } catch (RejectedExecutionException e) {
                socket.close();
                writeAll(); // each fails immediately
            }
        }
    }

    private void writeAll() {
        while (true) {
            Runnable next;
            synchronized (this) {
                next = toWrite.poll();
                if (next == null) {
                    writing = false;
                    return;
                }
            }
            next.run();
        }
    }
}
