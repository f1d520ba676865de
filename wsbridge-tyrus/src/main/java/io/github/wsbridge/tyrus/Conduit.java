package io.github.wsbridge.tyrus;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.jakarta.session.JakartaLeg;
import io.github.wsbridge.jakarta.session.SerialExecutor;
import io.github.wsbridge.jakarta.session.SessionIo;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import jakarta.websocket.Session;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
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
 * Sits between Tyrus and a Grizzly connection, and adds what Tyrus lacks.
 *
 * <p>Reading: while the leg holds fragments without demand, the read event stays suspended, so the connection is not
 * read and no thread waits. Frames are cut at the end of what was read, however long the peer's are, so Tyrus buffers
 * none of them. Writing: Tyrus' writes complete at once, so its sends do not block; the leg's send completes when
 * little enough is left to be written. Closing: Tyrus would drop the connection right after its close frame; the
 * conduit waits for the peer's answer.
 */
final class Conduit implements SessionIo, FrameTranslator.Controls {

    private static final int WATERMARK = 64 * 1024;
    private static final int FIN = 0x80;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Connection<SocketAddress> connection;
    private final boolean client;
    private final Consumer<Buffer> tyrus;
    private final FrameTranslator frames;
    private final CloseDeadline deadline;
    private final SerialExecutor sends = new SerialExecutor(Runnable::run); // nothing in it blocks
    private final AtomicReference<@Nullable FilterChainContext> held = new AtomicReference<>();
    private volatile @Nullable Session session;
    private volatile @Nullable JakartaLeg leg;
    private volatile boolean ready; // whether Tyrus takes frames
    private volatile boolean deaf; // whether what comes is of no use any more
    private volatile @Nullable CloseReason
            end; // to be told if the connection just ends: what the leg has given, or the peer
    private boolean closeSent; // used in sends only

    private final Object writing = new Object();
    private long unsent; // guarded by writing
    private long sent; // guarded by writing
    private byte @Nullable [] pong; // guarded by writing: the newest that had to wait
    private @Nullable CompletableFuture<Void> drained; // guarded by writing

    /**
     * The conduit of a connection that is about to become a WebSocket.
     *
     * @param tyrus takes frames for Tyrus, on the calling thread
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

    /** For the endpoint: this is what the leg of the session is to use. */
    Conduit of(Session opening) {
        session = opening;
        return this;
    }

    @Override
    public void attach(JakartaLeg attached) {
        leg = attached;
    }

    // Reading

    /**
     * The handshake is over, and Tyrus takes frames now if it has opened a session.
     *
     * @param early what came right behind the handshake
     * @return whether it has
     */
    boolean begin(Buffer early) {
        if (leg == null) {
            ignore();
            return false;
        }
        take(early);
        ready = true;
        delivered();
        return true;
    }

    /** Nothing that comes is of use any more. */
    void ignore() {
        deaf = true;
        delivered();
    }

    /** Takes a read event, with what came behind the handshake. */
    NextAction read(FilterChainContext event, Buffer content) {
        if (takes()) {
            take(content);
            return event.getStopAction();
        }
        NextAction suspended = event.getSuspendAction();
        event.suspend();
        event.setMessage(content);
        held.set(event);
        delivered(); // there may be room by now
        return suspended;
    }

    @Override
    public void delivered() {
        if (takes()) {
            FilterChainContext event = held.getAndSet(null);
            if (event != null) {
                take(event.getMessage());
                event.resume(event.getStopAction()); // the next one may come from now on
            }
        }
    }

    @Override
    public void arrived() {} // reading stops by itself

    private boolean takes() {
        return deaf || ready && leg().idle();
    }

    private void take(Buffer content) {
        int size = content.remaining();
        ByteBuffer bytes = ByteBuffer.allocate(FrameTranslator.HEADROOM + size);
        bytes.position(FrameTranslator.HEADROOM);
        content.get(bytes);
        content.tryDispose();
        if (deaf) {
            return;
        }
        // Unmasked, which Tyrus does not mind and would take most of its time for.
        long out = frames.translate(bytes, FrameTranslator.HEADROOM, bytes.limit(), !client);
        int begin = (int) (out >>> 32);
        int limit = (int) out;
        if (begin < limit && end == null) {
            tyrus.accept(Buffers.wrap(connection.getMemoryManager(), bytes.slice(begin, limit - begin)));
        }
        CloseReason closed = frames.closed();
        String violation = frames.violation();
        if (closed != null) {
            finish(closed, closed);
        } else if (violation != null) {
            finish(
                    new CloseReason(CloseReason.PROTOCOL_ERROR, violation),
                    CloseReason.vanished("protocol error: " + violation));
        }
    }

    /**
     * The peer has closed or broken the protocol: nothing of use comes any more. By the RFC, a server hangs up first.
     */
    private void finish(CloseReason answer, CloseReason reason) {
        deaf = true;
        end = reason;
        boolean hangUp = !client || frames.violation() != null;
        sends.execute(() -> {
            sendClose(answer);
            if (hangUp) {
                connection.closeSilently(); // behind what is to be written, or by the deadline
            }
        });
        leg().ended(reason);
        deadline.start();
    }

    @Override
    public void onPing(byte[] payload) {
        synchronized (writing) {
            if (unsent > WATERMARK) {
                pong = payload; // by the RFC, the newest ping is the only one that must be answered
                return;
            }
        }
        control(Frames.PONG, payload);
    }

    @Override
    public void onPong() {
        leg().ponged();
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
            attached.ended(known == null ? CloseReason.vanished("the connection is gone") : known);
        }
    }

    // Writing

    /**
     * Takes what goes out behind the handshake: completes it at once, and counts what the socket has not taken. The
     * order stays, since all that writes here does so within {@code sends}.
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
        byte[] late = null;
        synchronized (writing) {
            unsent -= size;
            sent += size;
            if (unsent <= WATERMARK) {
                waiting = drained;
                drained = null;
                late = pong;
                pong = null;
            }
        }
        if (late != null) {
            control(Frames.PONG, late);
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
            } catch (Throwable e) { // whatever it is, the sender waits for an answer
                done.completeExceptionally(e);
                return;
            }
            room().whenComplete((ok, failure) -> {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        });
        return done;
    }

    private CompletableFuture<Void> room() {
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
    public void heartbeat() {
        control(Frames.PONG, new byte[0]);
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
        delivered(); // from now on data is read and dropped, to get at the peer's answer
    }

    /** Tyrus' own would drop the connection, cannot be empty, and knows no 1012 from a client. */
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
        if (connection.isOpen() && end == null && !deaf) {
            deaf = true;
            leg().ended(CloseReason.vanished("protocol error: " + reason));
            deadline.start(); // a peer that does not hang up is dropped
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
