package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.relay.Demands;
import io.github.wsbridge.wire.relay.Sending;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One end of an established bridge as an asynchronous byte stream, for programs that are written for
 * {@code AsynchronousSocketChannel}. It holds no thread while nothing arrives, and at most one fragment that was not
 * read yet, which it reads ahead.
 *
 * <p><b>Threads.</b> All methods may be called from any thread, and none blocks. One read and one write may be in
 * progress at a time. Handlers run on the executor, and may block; futures complete on a thread of the transport.
 *
 * <p><b>End of stream.</b> As with {@link BridgeChannel}: a read results in -1 after the other end's last byte, and if
 * the bridge was closed with 1000 or without a code; after any other end it fails with a
 * {@link io.github.wsbridge.BridgeException} once all received bytes have been read. {@link #shutdownOutput} ends the
 * other direction.
 *
 * <p>If the future of a read is cancelled, nothing is lost: the next read gets the bytes. Cancelling the future of a
 * write does not take back the write, which then still counts as in progress.
 */
public final class AsynchronousBridgeChannel implements AsynchronousByteChannel {

    private final BridgeLeg leg;
    private final Demands demands;
    private final Executor executor;
    private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock(); // never held while the leg or a future is completed
    private boolean open = true;
    private @Nullable Read reading;
    private @Nullable ByteBuffer received; // not read yet
    private boolean demanded;
    private boolean filled; // the message that is being received has payload
    private boolean inputEnded;
    private @Nullable CompletableFuture<?> writing; // or done, if it was cut off
    private boolean finishing; // what is being written is the end
    private boolean outputEnded;
    private @Nullable CloseReason end;

    private AsynchronousBridgeChannel(BridgeLeg leg, Executor executor) {
        this.leg = leg;
        this.demands = new Demands(leg::demand);
        this.executor = executor;
    }

    /**
     * Creates a channel over a stream, such as one of {@link DeviceDialer#leg} or {@link IncomingBridge#acceptLeg}.
     * Its handlers run on daemon threads, which are virtual if the JDK supports them.
     *
     * @param leg a leg that is not open yet; the channel opens and closes it
     */
    public static AsynchronousBridgeChannel over(BridgeLeg leg) {
        return over(leg, TaskThreads.shared());
    }

    /**
     * Creates a channel over a stream.
     *
     * @param leg a leg that is not open yet; the channel opens and closes it
     * @param handlers runs completion handlers
     */
    public static AsynchronousBridgeChannel over(BridgeLeg leg, Executor handlers) {
        AsynchronousBridgeChannel channel = new AsynchronousBridgeChannel(leg, handlers);
        leg.open(channel.new Events());
        channel.proceed();
        return channel;
    }

    /** Returns the bridge's id, which is the same at both ends and in the nodes' logs. */
    public BridgeId bridgeId() {
        return leg.bridgeId();
    }

    /**
     * Completes normally when the bridge has ended, with the other end's reason, or after a close at this end, on a
     * thread of the transport, where nothing may block.
     */
    public CompletionStage<CloseReason> closed() {
        return closed.minimalCompletionStage();
    }

    @Override
    public <A> void read(
            ByteBuffer target, @Nullable A attachment, CompletionHandler<Integer, ? super @Nullable A> handler) {
        report(read(target), attachment, handler);
    }

    @Override
    public CompletableFuture<Integer> read(ByteBuffer target) {
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("read-only buffer");
        }
        Read read = new Read(target);
        lock.lock();
        try {
            if (reading != null) {
                throw new ReadPendingException();
            }
            reading = read;
        } finally {
            lock.unlock();
        }
        proceed();
        return read.result;
    }

    /** Writes bytes of {@code source}; less than all only if it fails. */
    @Override
    public <A> void write(
            ByteBuffer source, @Nullable A attachment, CompletionHandler<Integer, ? super @Nullable A> handler) {
        report(write(source), attachment, handler);
    }

    /**
     * Writes all of {@code source}.
     *
     * @return completes with the number of bytes when the transport is ready for more; fails with a
     *     {@link io.github.wsbridge.BridgeException} if the bridge has ended
     */
    @Override
    public CompletableFuture<Integer> write(ByteBuffer source) {
        CompletableFuture<Integer> result = new CompletableFuture<>();
        Throwable failure = beginWrite(result, false);
        if (failure != null) {
            result.completeExceptionally(failure);
        } else {
            write(source, source.remaining(), result);
        }
        return result;
    }

    /**
     * Tells the other end that nothing more is written. Reading remains possible.
     *
     * @return completes when that was sent; fails as a write does
     */
    public CompletableFuture<Void> shutdownOutput() {
        CompletableFuture<Void> result = new CompletableFuture<>();
        Throwable failure = beginWrite(result, true);
        if (failure != null) {
            result.completeExceptionally(failure);
            return result;
        }
        Sending.send(leg, Fragment.binary(ByteBuffer.allocate(0))).whenComplete((sent, failed) -> {
            boolean both;
            lock.lock();
            try {
                writing = null;
                outputEnded = true;
                both = inputEnded;
            } finally {
                lock.unlock();
            }
            if (failed != null) {
                result.completeExceptionally(writeFailure(failed));
                return;
            }
            if (both) {
                leg.close(CloseReason.normal());
            }
            result.complete(null);
        });
        return result;
    }

    private @Nullable Throwable beginWrite(CompletableFuture<?> result, boolean last) {
        lock.lock();
        try {
            if (!open || outputEnded) {
                return new ClosedChannelException();
            }
            if (writing != null) {
                throw new WritePendingException();
            }
            if (end != null) {
                return new BridgeException(end);
            }
            writing = result;
            finishing = last;
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Sends the rest, message by message; a leg may answer at once, which must not recurse. */
    private void write(ByteBuffer source, int total, CompletableFuture<Integer> result) {
        while (source.hasRemaining()) {
            int length = Math.min(source.remaining(), Outgoing.MAX_MESSAGE);
            CompletableFuture<Void> sent = Sending.send(leg, Fragment.binary(source.slice(source.position(), length)))
                    .toCompletableFuture();
            if (!sent.isDone() || sent.isCompletedExceptionally()) {
                sent.whenComplete((done, failed) -> {
                    if (failed == null) {
                        source.position(source.position() + length);
                        write(source, total, result);
                    } else {
                        finishWrite();
                        result.completeExceptionally(writeFailure(failed));
                    }
                });
                return;
            }
            source.position(source.position() + length);
        }
        finishWrite();
        result.complete(total);
    }

    private void finishWrite() {
        lock.lock();
        try {
            writing = null;
        } finally {
            lock.unlock();
        }
    }

    private Throwable writeFailure(Throwable failed) {
        lock.lock();
        try {
            return open
                    ? new BridgeException(end == null ? CloseReason.vanished("send failed") : end, failed)
                    : new AsynchronousCloseException();
        } finally {
            lock.unlock();
        }
    }

    private <A> void report(
            CompletableFuture<Integer> result,
            @Nullable A attachment,
            CompletionHandler<Integer, ? super @Nullable A> handler) {
        result.whenComplete((count, failure) -> {
            Runnable call = () -> {
                if (failure == null) {
                    handler.completed(count, attachment);
                } else {
                    handler.failed(failure, attachment);
                }
            };
            try {
                executor.execute(call);
            } catch (RejectedExecutionException e) { // somebody waits for it
                call.run();
            }
        });
    }

    @Override
    public boolean isOpen() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Closes the bridge with 1000, after sending what was written. A read in progress fails with an
     * {@link AsynchronousCloseException}; a write in progress is cut off, fails likewise, and the other end receives
     * {@link CloseReason#VANISHED}.
     */
    @Override
    public void close() {
        CompletableFuture<?> cut;
        lock.lock();
        try {
            if (!open) {
                return;
            }
            open = false;
            received = null;
            cut = writing;
        } finally {
            lock.unlock();
        }
        leg.close(cut == null ? CloseReason.normal() : CloseReason.vanished("closed during a write"));
        if (cut != null) {
            cut.completeExceptionally(new AsynchronousCloseException());
        }
        proceed();
    }

    /** Completes the read in progress if that is possible, and demands what it needs. */
    private void proceed() {
        boolean demand = false;
        Read done = null;
        lock.lock();
        try {
            Read read = reading;
            if (read != null && read.finish()) {
                reading = null;
                done = read;
            }
            // Even if nobody reads, and after the other end's last byte, so that the end of the bridge is noticed.
            if (!demanded && received == null && end == null && open) {
                demanded = true;
                demand = true;
            }
        } finally {
            lock.unlock();
        }
        if (done != null) {
            done.tell();
        }
        if (demand) {
            demands.one();
        }
    }

    /** A read in progress. */
    private final class Read {
        private final ByteBuffer target;
        private final Result result = new Result();
        private int count;
        private @Nullable Throwable failure;

        Read(ByteBuffer target) {
            this.target = target;
        }

        /** Determines the result, with the lock held; returns false as long as there is none. */
        boolean finish() {
            CloseReason reason = end;
            ByteBuffer source = received;
            if (!open) {
                failure = new AsynchronousCloseException();
            } else if (!target.hasRemaining()) {
                count = 0;
            } else if (source != null) {
                count = Math.min(source.remaining(), target.remaining());
                target.put(source.slice(source.position(), count));
                source.position(source.position() + count);
                received = source.hasRemaining() ? source : null;
            } else if (inputEnded || reason != null && Incoming.inGoodOrder(reason)) {
                count = -1;
            } else if (reason != null) {
                failure = new BridgeException(reason);
            } else {
                return false;
            }
            return true;
        }

        void tell() {
            if (failure == null) {
                result.complete(count);
            } else {
                result.fail(failure);
            }
        }

        private final class Result extends CompletableFuture<Integer> {

            /** Cancels it unless the bytes have been taken already. */
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return withdraw() && super.cancel(mayInterruptIfRunning);
            }

            /** The same, as {@link #orTimeout} does it. */
            @Override
            public boolean completeExceptionally(Throwable reason) {
                return withdraw() && super.completeExceptionally(reason);
            }

            void fail(Throwable reason) {
                super.completeExceptionally(reason);
            }

            private boolean withdraw() {
                lock.lock();
                try {
                    if (reading != Read.this) {
                        return false;
                    }
                    reading = null;
                    return true;
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    /** What the leg tells. */
    private final class Events implements Leg.Receiver {

        @Override
        public void onFragment(Fragment fragment) {
            boolean both = false;
            lock.lock();
            try {
                demanded = false;
                ByteBuffer payload = fragment.payload();
                boolean bytes = payload.hasRemaining();
                boolean last = fragment.last() && !bytes && !filled && fragment.kind() == Fragment.Kind.BINARY;
                filled = !fragment.last() && (filled || bytes);
                if (last && !inputEnded) {
                    inputEnded = true;
                    both = outputEnded;
                } else if (bytes && open && !inputEnded) {
                    received = payload;
                }
            } finally {
                lock.unlock();
            }
            if (both) {
                leg.close(CloseReason.normal());
            }
            proceed();
        }

        @Override
        public void onClosed(CloseReason reason) {
            CompletableFuture<?> cut;
            boolean done;
            lock.lock();
            try {
                end = reason;
                cut = writing;
                done = finishing && Incoming.inGoodOrder(reason);
            } finally {
                lock.unlock();
            }
            closed.complete(reason);
            if (cut != null && done) { // the other end has been faster than the news that it was sent
                cut.complete(null);
            } else if (cut != null) {
                cut.completeExceptionally(new BridgeException(reason));
            }
            proceed();
        }
    }
}
