package io.github.wsbridge.tyrus;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.jakarta.session.JakartaLeg;
import io.github.wsbridge.jakarta.session.SerialExecutor;
import io.github.wsbridge.jakarta.session.SessionIo;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.Heartbeat;
import jakarta.websocket.Session;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.CloseListener;
import org.glassfish.grizzly.CloseType;
import org.glassfish.grizzly.Closeable;
import org.glassfish.grizzly.CompletionHandler;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.EmptyCompletionHandler;
import org.glassfish.grizzly.WriteResult;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.glassfish.grizzly.memory.Buffers;
import org.jspecify.annotations.Nullable;

/**
 * Connects Tyrus with a Grizzly connection, and adds what Tyrus lacks.
 *
 * <p>Reading: while the leg holds fragments without demand, the read event stays suspended, so the connection is not
 * read and no thread waits. A frame that continues beyond a read is split there, so Tyrus never buffers an incomplete
 * one. Writing: Tyrus' writes complete at once, so its sends do not block; the leg's send completes when at
 * most 64 KiB are left to be written. Closing: Tyrus would drop the connection right after its close frame; the conduit
 * waits for the peer's close frame.
 */
final class Conduit implements SessionIo, FrameTranslator.Controls {

    private static final int WATERMARK = 64 * 1024;
    private static final int FIN = 0x80;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Connection<SocketAddress> connection;
    private final boolean client;
    private final Consumer<Buffer> tyrus;
    private final FrameTranslator frames;
    private final FrameRest rest = new FrameRest();
    private final CloseDeadline deadline;
    private final SerialExecutor sends = new SerialExecutor(Runnable::run); // its tasks do not block
    private final AtomicReference<@Nullable FilterChainContext> suspended = new AtomicReference<>();
    private volatile @Nullable Session session;
    private volatile @Nullable JakartaLeg leg;
    private volatile boolean ready; // whether Tyrus accepts frames
    private volatile boolean discarding; // whether further input is discarded
    private volatile @Nullable CloseReason end; // from the leg or the peer; reported when the connection closes
    private boolean closeSent; // used in sends only

    private final Object writing = new Object();
    private long unsent; // guarded by writing
    private long sent; // guarded by writing
    private byte @Nullable [] pong; // guarded by writing: the latest that has to wait
    private @Nullable CompletableFuture<Void> drained; // guarded by writing

    /**
     * Creates the conduit of a connection before its handshake.
     *
     * @param tyrus passes frames to Tyrus, on the calling thread
     */
    @SuppressWarnings("unchecked") // Grizzly's addresses are all socket addresses
    Conduit(Connection<?> connection, boolean client, ScheduledExecutorService timer, Consumer<Buffer> tyrus) {
        this.connection = (Connection<SocketAddress>) connection;
        this.client = client;
        this.tyrus = tyrus;
        this.frames = new FrameTranslator(!client, this);
        this.deadline = new CloseDeadline(timer, this::sent, connection::terminateSilently);
        CloseListener<Closeable, CloseType> listener = (closed, type) -> onClosed();
        connection.addCloseListener(listener);
    }

    /** Called by the endpoint: sets the session, whose leg uses this conduit. */
    Conduit forSession(Session opened) {
        session = opened;
        return this;
    }

    @Override
    public void attach(JakartaLeg attached) {
        leg = attached;
    }

    // Reading

    /**
     * Called after the handshake: if Tyrus has opened a session, it accepts frames from now on.
     *
     * @param early the bytes that arrived with the end of the handshake
     * @return whether there is a session
     */
    boolean begin(Buffer early) {
        if (leg == null) {
            discardInput();
            return false;
        }
        process(early);
        ready = true;
        delivered();
        return true;
    }

    /** Discards all further input. */
    void discardInput() {
        discarding = true;
        delivered();
    }

    /** Processes a read event, or suspends it while the leg holds fragments without demand. */
    NextAction read(FilterChainContext event, Buffer content) {
        if (acceptsInput()) {
            process(content);
            return event.getStopAction();
        }
        NextAction suspend = event.getSuspendAction();
        event.suspend();
        event.setMessage(content);
        suspended.set(event);
        delivered(); // the leg may have delivered everything meanwhile
        return suspend;
    }

    @Override
    public void delivered() {
        if (acceptsInput()) {
            FilterChainContext event = suspended.getAndSet(null);
            if (event != null) {
                process(event.getMessage());
                event.resume(event.getStopAction()); // the next read event may follow now
            }
        }
    }

    @Override
    public void arrived() {} // read() suspends the next event

    private boolean acceptsInput() {
        return discarding || ready && leg().idle();
    }

    private void process(Buffer content) {
        if (discarding) {
            content.tryDispose();
            return;
        }
        ByteBuffer bytes = rest.followedBy(content);
        content.tryDispose();
        // Unmasks the frames: Tyrus accepts unmasked ones, and would spend most of its time on unmasking.
        long out = frames.translate(bytes, bytes.position(), bytes.limit(), !client);
        int begin = (int) (out >>> 32);
        int limit = (int) out;
        if (frames.left() > 0) {
            rest.keep(bytes.duplicate(), frames.left(), begin < limit);
        }
        if (begin < limit && end == null) {
            tyrus.accept(Buffers.wrap(connection.getMemoryManager(), bytes.slice(begin, limit - begin)));
        }
        CloseReason closed = frames.closed();
        String violation = frames.violation();
        if (closed != null) {
            finish(closed, closed);
        } else if (violation != null) {
            finish(
                    new CloseReason(frames.violationCode(), violation),
                    CloseReason.vanished("protocol error: " + violation));
        }
    }

    /**
     * Called after a close frame or a protocol error of the peer: discards all further input. The server is the one to
     * close the TCP connection first (RFC 6455, section 7.1.1).
     */
    private void finish(CloseReason answer, CloseReason reason) {
        discarding = true;
        end = reason;
        boolean closeConnection = !client || frames.violation() != null;
        sends.execute(() -> {
            sendClose(answer);
            if (closeConnection) {
                connection.closeSilently(); // after all pending writes, or at the deadline
            }
        });
        leg().ended(reason);
        deadline.start();
    }

    @Override
    public void onPing(byte[] payload) {
        synchronized (writing) {
            if (unsent > WATERMARK) {
                pong = payload; // only the latest ping must be answered (RFC 6455, section 5.5.3)
                return;
            }
        }
        control(Frames.PONG, payload);
    }

    @Override
    public void onPong(byte[] payload) {
        leg().ponged(payload);
    }

    private void onClosed() {
        CompletableFuture<Void> waiting;
        synchronized (writing) {
            waiting = drained;
            drained = null;
        }
        if (waiting != null) {
            waiting.completeExceptionally(new IOException("the connection is closed"));
        }
        deadline.stop();
        JakartaLeg attached = leg;
        if (attached != null) {
            CloseReason known = end;
            attached.ended(known == null ? CloseReason.vanished("the connection was lost") : known);
        }
    }

    // Writing

    /**
     * Passes on a write that follows the handshake: completes it at once, and counts the bytes until the socket has
     * accepted them. All callers write from tasks of {@code sends}, which keeps the order.
     */
    NextAction write(FilterChainContext event) {
        Buffer message = event.getMessage();
        int size = message.remaining();
        synchronized (writing) {
            unsent += size;
        }
        FilterChainContext.TransportContext transport = event.getTransportContext();
        @SuppressWarnings("unchecked")
        CompletionHandler<WriteResult<?, ?>> writer = transport.getCompletionHandler();
        transport.setCompletionHandler(new EmptyCompletionHandler<WriteResult<?, ?>>() {
            @Override
            public void completed(WriteResult<?, ?> result) {
                written(size);
            }

            @Override
            public void failed(Throwable failure) {
                connection.terminateSilently();
            }

            @Override
            public void cancelled() {
                connection.terminateSilently();
            }
        });
        if (writer != null) {
            writer.completed(null);
        }
        return event.getInvokeAction();
    }

    private void written(int size) {
        CompletableFuture<Void> waiting = null;
        byte[] waitingPong = null;
        synchronized (writing) {
            unsent -= size;
            sent += size;
            if (unsent <= WATERMARK) {
                waiting = drained;
                drained = null;
                waitingPong = pong;
                pong = null;
            }
        }
        if (waitingPong != null) {
            control(Frames.PONG, waitingPong);
        }
        if (waiting != null) {
            waiting.complete(null);
        }
    }

    private long sent() {
        synchronized (writing) {
            return sent;
        }
    }

    @Override
    public CompletionStage<Void> perform(Step send, boolean last) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        sends.execute(() -> {
            try {
                send.run();
            } catch (Throwable e) { // any failure must reach the sender
                done.completeExceptionally(e);
                return;
            }
            whenWritable().whenComplete((ok, failure) -> {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        });
        return done;
    }

    private CompletableFuture<Void> whenWritable() {
        synchronized (writing) {
            if (!connection.isOpen()) {
                return CompletableFuture.failedFuture(new IOException("the connection is closed"));
            }
            if (unsent <= WATERMARK) {
                return CompletableFuture.completedFuture(null);
            }
            drained = drained == null ? new CompletableFuture<>() : drained;
            return drained;
        }
    }

    @Override
    public void ping() {
        control(Frames.PING, new byte[0]);
    }

    @Override
    public void heartbeat(Duration next) {
        control(Frames.PONG, Heartbeat.payload(next));
    }

    private void control(int opcode, byte[] payload) {
        sends.execute(() -> {
            Session open = session;
            if (open == null || closeSent) {
                return;
            }
            try {
                if (opcode == Frames.PING) {
                    open.getBasicRemote().sendPing(ByteBuffer.wrap(payload));
                } else {
                    open.getBasicRemote().sendPong(ByteBuffer.wrap(payload));
                }
            } catch (IOException | RuntimeException e) {
                // The end is reported elsewhere.
            }
        });
    }

    @Override
    public void close(CloseReason reason) {
        end = reason;
        sends.execute(() -> {
            sendClose(reason);
            deadline.start();
        });
        delivered(); // from now on data is read and discarded, to reach the peer's close frame
    }

    /** Not with Tyrus' close, which drops the connection, is never empty and rejects code 1012 from a client. */
    private void sendClose(CloseReason reason) {
        if (!closeSent) {
            closeSent = true;
            ByteBuffer payload = ByteBuffer.wrap(Frames.closePayload(reason));
            ByteBuffer frame = ByteBuffer.allocate(Frames.overhead() + payload.remaining());
            Frames.write(frame, FIN | Frames.CLOSE, payload, client, client ? RANDOM.nextInt() : 0);
            connection.write(Buffers.wrap(connection.getMemoryManager(), frame.flip()));
        }
    }

    @Override
    public void drop() {
        connection.terminateSilently();
    }

    /** Tyrus itself closes only after a protocol violation, or when the connection is gone. */
    @Override
    public void closedByContainer(CloseReason reason) {
        if (connection.isOpen() && end == null && !discarding) {
            discarding = true;
            leg().ended(CloseReason.vanished("protocol error: " + reason));
            deadline.start(); // drops a peer that does not close the connection
            delivered();
        }
    }

    private JakartaLeg leg() {
        JakartaLeg attached = leg;
        if (attached == null) {
            throw new IllegalStateException("not open");
        }
        return attached;
    }
}
