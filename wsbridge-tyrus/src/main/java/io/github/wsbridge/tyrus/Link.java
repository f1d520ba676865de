package io.github.wsbridge.tyrus;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.CloseListener;
import org.glassfish.grizzly.CloseType;
import org.glassfish.grizzly.Closeable;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.EmptyCompletionHandler;
import org.glassfish.grizzly.WriteResult;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.filterchain.NextAction;
import org.glassfish.grizzly.memory.Buffers;
import org.glassfish.grizzly.nio.NIOConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection of Grizzly's, as the bridge uses it: read by turns, written without blocking.
 *
 * <p>While its reader does not want more, the connection is not read and no thread waits: the read event stays suspended
 * until a {@link #turn}. Thread-safe; the reader is called by one thread at a time.
 */
final class Link {

    /** What reads a link. */
    interface Reader {

        /**
         * Takes bytes.
         *
         * @return whether all of {@code input} is taken and more is wanted; otherwise there must be another
         *     {@link Link#turn} some time
         */
        boolean read(ByteBuffer input);

        /** The connection is gone. Called at any time, on any thread, and where a hand-over meets it also twice. */
        void closed();
    }

    private static final Logger LOG = LoggerFactory.getLogger(Link.class);
    private static final int WATERMARK = 64 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Connection<SocketAddress> connection;
    private volatile Reader reader;

    private final AtomicInteger turns = new AtomicInteger();
    private final AtomicReference<@Nullable Input> arrived = new AtomicReference<>(); // not yet seen by a turn
    private @Nullable Input input; // being read; used by whoever has the turn

    private final Object writing = new Object();
    private long pending; // bytes not yet written; guarded by writing
    private long written; // guarded by writing
    private @Nullable CompletableFuture<Void> drained; // guarded by writing
    private @Nullable Runnable emptied; // guarded by writing
    private boolean closed; // guarded by writing

    /** The link of a new connection. It is in {@code all} as long as the connection lasts. */
    @SuppressWarnings("unchecked") // Grizzly's addresses are all socket addresses
    Link(Connection<?> connection, Reader reader, Set<Link> all) {
        this.connection = (Connection<SocketAddress>) connection;
        this.reader = reader;
        all.add(this);
        CloseListener<Closeable, CloseType> listener = (closed, type) -> {
            all.remove(this);
            onClosed();
        };
        connection.addCloseListener(listener);
    }

    /** Hands the reading over. Called by the reader at hand, in its turn or while it wants no more; a turn must follow. */
    void handOver(Reader next) {
        reader = next;
        synchronized (writing) {
            if (!closed) {
                return;
            }
        }
        next.closed();
    }

    /** Takes a read event. */
    NextAction read(FilterChainContext context) {
        Buffer message = context.getMessage();
        NextAction suspended = context.getSuspendAction();
        context.suspend();
        arrived.set(new Input(context, message, message.toByteBuffer()));
        turn(); // may have resumed the context already, so it is not to be touched here any more
        return suspended;
    }

    /** Lets the reader go on where it stopped. Does not recurse: within a turn, it only causes another round. */
    void turn() {
        if (turns.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            if (input == null) {
                input = arrived.getAndSet(null);
            }
            Input current = input;
            if (readSafely(current == null ? NOTHING : current.bytes()) && current != null) {
                input = null;
                current.message().tryDispose();
                current.event().resume(current.event().getStopAction()); // the next event may come from now on
            }
            seen = turns.addAndGet(-seen);
        } while (seen != 0);
    }

    /** A reader that throws must not leave the turn taken for ever. */
    private boolean readSafely(ByteBuffer bytes) {
        try {
            return reader.read(bytes);
        } catch (RuntimeException | Error e) {
            LOG.error("A connection is dropped, since it cannot be read", e);
            connection.terminateSilently();
            return false;
        }
    }

    /** What came with a read event, which stays suspended until all of it is read. */
    private record Input(FilterChainContext event, Buffer message, ByteBuffer bytes) {}

    /** Writes bytes after all that were written before. The stage completes once the socket has them. */
    CompletableFuture<Void> write(ByteBuffer bytes) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        int size = bytes.remaining();
        synchronized (writing) {
            if (closed) {
                written.completeExceptionally(new IOException("the connection is closed"));
                return written;
            }
            pending += size;
        }
        Buffer buffer = Buffers.wrap(connection.getMemoryManager(), bytes);
        connection.write(buffer, new EmptyCompletionHandler<WriteResult<Buffer, SocketAddress>>() {
            @Override
            public void completed(WriteResult<Buffer, SocketAddress> result) {
                onWritten(size);
                written.complete(null);
            }

            @Override
            public void failed(Throwable failure) {
                written.completeExceptionally(new IOException("the connection is broken", failure));
                connection.terminateSilently();
            }

            @Override
            public void cancelled() {
                failed(new IOException("cancelled"));
            }
        });
        return written;
    }

    /** How many bytes the socket has taken so far. */
    long written() {
        synchronized (writing) {
            return written;
        }
    }

    /** Completes when little enough waits to be written; fails where the connection is gone. */
    CompletableFuture<Void> ready() {
        synchronized (writing) {
            if (closed) {
                return CompletableFuture.failedFuture(new IOException("the connection is closed"));
            }
            if (pending <= WATERMARK) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Void> waiting = drained == null ? new CompletableFuture<>() : drained;
            drained = waiting;
            return waiting;
        }
    }

    /** Closes the connection once everything is written. */
    void close() {
        whenEmpty(connection::closeSilently);
    }

    /** Tells the peer, once everything is written, that no more will come. The connection is still read. */
    void closeOutput() {
        whenEmpty(() -> {
            try {
                ((SocketChannel) ((NIOConnection) connection).getChannel()).shutdownOutput();
            } catch (IOException e) {
                connection.terminateSilently();
            }
        });
    }

    /** Drops the connection and what waits to be written. */
    void terminate() {
        connection.terminateSilently();
    }

    /** The peer's address for logs. */
    String remoteAddress() {
        return connection.getPeerAddress() instanceof InetSocketAddress peer && peer.getAddress() != null
                ? peer.getAddress().getHostAddress() + ":" + peer.getPort()
                : "";
    }

    private void whenEmpty(Runnable action) {
        synchronized (writing) {
            if (pending > 0) {
                emptied = action;
                return;
            }
        }
        action.run();
    }

    private void onWritten(int size) {
        CompletableFuture<Void> ready = null;
        Runnable action = null;
        synchronized (writing) {
            pending -= size;
            written += size;
            if (pending <= WATERMARK) {
                ready = drained;
                drained = null;
            }
            if (pending == 0) {
                action = emptied;
                emptied = null;
            }
        }
        if (ready != null) {
            ready.complete(null);
        }
        if (action != null) {
            action.run();
        }
    }

    private void onClosed() {
        CompletableFuture<Void> waiting;
        synchronized (writing) {
            if (closed) {
                return;
            }
            closed = true;
            waiting = drained;
            drained = null;
        }
        if (waiting != null) {
            waiting.completeExceptionally(new IOException("the connection is closed"));
        }
        reader.closed();
    }
}
