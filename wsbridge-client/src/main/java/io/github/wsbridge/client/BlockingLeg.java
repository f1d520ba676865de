package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A leg on a blocking connection, as {@link io.github.wsbridge.spi.StreamTransport} describes it, with one thread for
 * each direction. It reads one buffer ahead of the demand. Its user must have consumed a fragment before it demands the
 * next, because the buffers are used again.
 */
final class BlockingLeg implements Leg {

    private static final int LINGER_SECONDS = 5;
    private static final int PATIENCE_SECONDS = 15 * 60;
    private static final int IMPATIENCE_SECONDS = 10;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final BlockingConnection connection;
    private final Executor threads;
    private final BlockingWriter writer;
    private final Semaphore mayRead = new Semaphore(0);
    private final Delivery delivery = new Delivery(mayRead::release, this::closing, this::abort);
    private final AtomicReference<@Nullable Closing> closing = new AtomicReference<>();
    private final AtomicBoolean writing = new AtomicBoolean(); // whether the writer's thread was started
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private volatile boolean inputTold; // the end of the input has been passed on
    private volatile boolean outputShut; // the end of the output has been written
    private volatile boolean finished; // the half-close message was sent
    private volatile @Nullable IOException failure;
    private boolean filled; // whether the current message has any payload; used by the sender only

    /** How the leg was closed; in good order if both directions end with everything passed on. */
    private record Closing(CloseReason reason, boolean good) {}

    /**
     * Creates a leg.
     *
     * @param threads runs two tasks, which block
     */
    BlockingLeg(BlockingConnection connection, Executor threads) {
        this.connection = connection;
        this.threads = threads;
        this.writer = new BlockingWriter(connection);
    }

    /** Returns why reading or writing failed; null if neither did. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** Returns whether both directions have ended in good order, with everything written. */
    boolean complete() {
        return inputTold && outputShut && !cutOff();
    }

    /** Completes when the connection is closed. */
    CompletionStage<Void> over() {
        return over;
    }

    @Override
    public String subprotocol() {
        return "";
    }

    @Override
    public void open(Receiver receiver) {
        delivery.open(receiver);
        start(this::read);
    }

    private void start(Runnable task) {
        try {
            threads.execute(task);
        } catch (RuntimeException | Error e) { // rejected, or the system has no more threads
            failed(new IOException("there is no thread for a connection", e));
        }
    }

    private boolean closing() {
        return closing.get() != null;
    }

    /** Returns whether the leg was closed before both directions were complete. */
    private boolean cutOff() {
        Closing how = closing.get();
        return how != null && !how.good();
    }

    // Reading

    private void read() {
        try {
            if (readUntilEnd() || drained()) {
                inputTold = true;
                settle();
            }
        } catch (IOException e) {
            failed(e);
        } catch (InterruptedException e) {
            failed(new IOException("interrupted", e));
        } catch (RuntimeException | Error e) { // such as no direct memory; nobody else would end the leg
            failed(new IOException("reading failed", e));
        }
    }

    /** Passes the input on; returns false if the leg is closed meanwhile. */
    private boolean readUntilEnd() throws IOException, InterruptedException {
        ByteBuffer first = Buffers.take();
        ByteBuffer second = null;
        ByteBuffer buffer = first;
        while (connection.read(buffer) >= 0) {
            delivery.hold(Fragment.binary(buffer.flip()));
            mayRead.acquire();
            if (closing() || delivery.ended()) {
                return false; // this was not demanded, so the fragment before it may still be in use
            }
            second = second == null ? Buffers.take() : second;
            buffer = (buffer == first ? second : first).clear();
        }
        delivery.hold(Fragment.binary(ByteBuffer.allocate(0)));
        mayRead.acquire();
        if (!closing() && !delivery.ended()) {
            Buffers.give(first);
            Buffers.give(second);
        }
        return true;
    }

    /** Reads and drops the rest, so that closing is no reset; returns false if there is no need to. */
    private boolean drained() throws IOException {
        if (delivery.ended() || !connection.resets()) {
            return false;
        }
        ByteBuffer dropped = Buffers.take();
        while (connection.read(dropped.clear()) >= 0) {
            continue;
        }
        Buffers.give(dropped);
        return true;
    }

    @Override
    public void demand() {
        delivery.demand();
    }

    // Writing

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (closing() || delivery.ended()) {
            return BlockingWriter.closed();
        }
        CompletionStage<Void> sent = SENT;
        if (fragment.payload().hasRemaining()) {
            filled = true;
            sent = writer.send(fragment.payload());
            startWriting();
        }
        if (fragment.last()) {
            if (!filled && fragment.kind() == Fragment.Kind.BINARY) {
                finish();
            }
            filled = false;
        }
        return sent;
    }

    private void finish() {
        finished = true;
        writer.finish();
        startWriting();
    }

    private void startWriting() {
        if (!writing.get() && writing.compareAndSet(false, true)) {
            start(this::write);
        }
    }

    private void write() {
        try {
            writer.run();
            outputShut = true;
            settle();
        } catch (IOException e) {
            failed(e);
        } catch (RuntimeException | Error e) {
            failed(new IOException("writing failed", e));
        }
    }

    /** Answers for the peer: TCP keepalive detects a dead one. */
    @Override
    public void ping() {
        delivery.pong(null);
    }

    // The end

    /** Ends the leg when nothing is left to be done. */
    private void settle() {
        if (complete()) {
            end(CloseReason.normal());
        } else if (closing() && outputShut) {
            if (connection.resets()) {
                later(LINGER_SECONDS, this::leave); // input is read and dropped, so that the close is no reset
            } else {
                leave();
            }
        }
    }

    private void leave() {
        end(reasonOr(CloseReason.normal()));
    }

    private CloseReason reasonOr(CloseReason otherwise) {
        Closing how = closing.get();
        return how == null ? otherwise : how.reason();
    }

    @Override
    public void close(CloseReason reason) {
        boolean good = Incoming.inGoodOrder(reason) || finished && inputTold; // both streams are complete
        if (!closing.compareAndSet(null, new Closing(reason, good)) || delivery.ended()) {
            return;
        }
        if (!good && connection.resets()) {
            abort();
            return;
        }
        finish();
        await(writer.written(), good ? PATIENCE_SECONDS : IMPATIENCE_SECONDS);
        delivery.tell();
        settle();
    }

    /** Drops the connection unless something is written from time to time. */
    private void await(long before, int seconds) {
        later(seconds, () -> {
            long now = writer.written();
            if (now == before && !outputShut) {
                abort();
            } else {
                await(now, seconds);
            }
        });
    }

    private void later(int seconds, Runnable task) {
        over.copy().orTimeout(seconds, TimeUnit.SECONDS).exceptionally(late -> {
            task.run();
            return null;
        });
    }

    @Override
    public void abort() {
        end(reasonOr(CloseReason.vanished("dropped")));
    }

    private void failed(IOException reason) {
        if (!delivery.ended() && failure == null) {
            failure = reason;
        }
        end(reasonOr(CloseReason.vanished("connection reset")));
    }

    private void end(CloseReason reason) {
        if (delivery.end(reason)) {
            boolean inGoodOrder = outputShut && !cutOff() && (inputTold || closing());
            writer.fail();
            mayRead.release();
            connection.close(inGoodOrder);
            over.complete(null);
        }
    }
}
