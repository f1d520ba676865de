package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.InterruptibleChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One end of an established bridge: a two-way stream of bytes to the other end. It is used like a blocking
 * {@code SocketChannel}.
 *
 * <p><b>Threads.</b> All methods may be called from any thread. One thread may read while another writes; further readers
 * and writers wait their turn. {@link #close} wakes those that wait, with an
 * {@link java.nio.channels.AsynchronousCloseException}; an interrupt closes the channel, with a
 * {@link ClosedByInterruptException}. Reads, writes and {@link #shutdownOutput} block, nothing else does.
 *
 * <p><b>The end.</b> {@link #shutdownOutput} ends one direction; when both have ended, the bridge is closed with 1000. A read
 * returns -1 behind the other end's last byte, and likewise when the bridge was closed with 1000 or without a code. Any other
 * end (see {@link CloseReason}) is a {@link io.github.wsbridge.BridgeException} behind the last byte that came. A write
 * throws that exception as soon as the bridge has ended, however it ended.
 *
 * <p><b>Memory.</b> At most four fragments of a transport's size wait for a reader (16 KiB each with {@link JdkConnector});
 * writes hold nothing back and are complete when the transport takes more, not when the other end has read them.
 */
public final class BridgeChannel implements ByteChannel, InterruptibleChannel {

    private final Leg leg;
    private final BridgeId bridgeId;
    private final Incoming incoming;
    private final Outgoing outgoing;
    private final AtomicInteger finishedDirections = new AtomicInteger();
    private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
    private volatile boolean open = true;
    private volatile long readTimeout;
    private volatile long writeTimeout;

    private BridgeChannel(Leg leg, BridgeId bridgeId) {
        this.leg = leg;
        this.bridgeId = bridgeId;
        this.incoming = new Incoming(leg, this::directionFinished);
        this.outgoing = new Outgoing(leg, this::directionFinished);
    }

    /** A channel over a leg that nobody listens to yet; it asks for the first fragment. */
    static BridgeChannel over(BridgeLeg leg) {
        BridgeChannel channel = new BridgeChannel(leg, leg.bridgeId());
        leg.open(channel.new Ear());
        channel.incoming.start();
        return channel;
    }

    /** What the leg tells. */
    private final class Ear implements Leg.Receiver {

        @Override
        public void onFragment(Fragment fragment) {
            incoming.onFragment(fragment);
        }

        @Override
        public void onClosed(CloseReason reason) {
            incoming.end(reason);
            outgoing.end(reason);
            closed.complete(reason);
        }
    }

    /** The bridge's name, the same at both ends and in the nodes' logs. */
    public BridgeId bridgeId() {
        return bridgeId;
    }

    /**
     * Reads what is there, at least one byte; blocks while nothing is.
     *
     * @return how many bytes were read; -1 at the end; 0 only where {@code target} has no room
     * @throws SocketTimeoutException after the read timeout; the channel can still be used
     * @throws io.github.wsbridge.BridgeException where the bridge ended other than in good order
     */
    @Override
    public int read(ByteBuffer target) throws IOException {
        if (!target.hasRemaining()) {
            return 0;
        }
        try {
            return incoming.read(target, readTimeout);
        } catch (InterruptedException e) {
            throw closedByInterrupt();
        }
    }

    /**
     * Writes all of {@code source}; blocks until the transport is ready for more. An empty write sends nothing.
     *
     * @throws SocketTimeoutException after the write timeout; part of it may have been sent, so the channel is dropped
     * @throws io.github.wsbridge.BridgeException where the bridge has ended
     */
    @Override
    public int write(ByteBuffer source) throws IOException {
        try {
            return outgoing.write(source, writeTimeout);
        } catch (InterruptedException e) {
            throw closedByInterrupt();
        } catch (SocketTimeoutException e) {
            drop();
            throw e;
        }
    }

    /**
     * Tells the other end that no more will come; reading goes on. Blocks like a write. No effect the second time.
     *
     * @throws SocketTimeoutException after the write timeout; the channel is dropped
     * @throws io.github.wsbridge.BridgeException where the bridge has ended other than in good order
     */
    public void shutdownOutput() throws IOException {
        try {
            outgoing.finish(writeTimeout);
        } catch (InterruptedException e) {
            throw closedByInterrupt();
        } catch (SocketTimeoutException e) {
            drop();
            throw e;
        }
    }

    /** Whether this end has not called {@link #close}. The other end's close shows in {@link #closeReason}. */
    @Override
    public boolean isOpen() {
        return open;
    }

    /** Closes the bridge with 1000, without waiting for the other end. What was written goes out before. */
    @Override
    public void close() {
        close(CloseReason.normal());
    }

    /**
     * Closes the bridge with a reason for the other end. What was written goes out before; a write that is still under way
     * is cut off, and then the other end is told {@link CloseReason#VANISHED} instead of 1000. Only the first call counts.
     */
    public void close(CloseReason reason) {
        open = false;
        incoming.close();
        boolean cut = outgoing.close();
        leg.close(cut && Incoming.inGoodOrder(reason) ? CloseReason.vanished("closed during a write") : reason);
    }

    /** Why the bridge ended; null while it has not. */
    public @Nullable CloseReason closeReason() {
        return closed.getNow(null);
    }

    /**
     * Completes, always normally, when the bridge has ended, with the other end's reason, or after {@link #close} its
     * answer. It does so on a thread of the transport: continuations must not block.
     */
    public CompletionStage<CloseReason> closed() {
        return closed.minimalCompletionStage();
    }

    /** How long a read may block, in whole nanoseconds; zero, the default, means without end. */
    public void readTimeout(Duration timeout) {
        readTimeout = nanos(timeout);
    }

    /** How long a write or {@link #shutdownOutput} may block; zero, the default, means without end. */
    public void writeTimeout(Duration timeout) {
        writeTimeout = nanos(timeout);
    }

    /** The reading direction as a stream; closing it closes the channel. */
    public InputStream inputStream() {
        return new ChannelStreams.In(this);
    }

    /**
     * The writing direction as a stream, without a buffer of its own; closing it closes the channel. To end only this
     * direction, use {@link #shutdownOutput}.
     */
    public OutputStream outputStream() {
        return new ChannelStreams.Out(this);
    }

    int available() {
        return incoming.available();
    }

    /** Drops the connection without a close frame. */
    void drop() {
        open = false;
        incoming.close();
        outgoing.close();
        leg.abort();
    }

    /** Whether both directions have ended in good order; how the bridge ended after that takes nothing away. */
    boolean bothFinished() {
        return finishedDirections.get() == 2;
    }

    private void directionFinished() {
        if (finishedDirections.incrementAndGet() == 2) {
            leg.close(CloseReason.normal());
        }
    }

    private ClosedByInterruptException closedByInterrupt() {
        Thread.currentThread().interrupt();
        close(CloseReason.vanished("interrupted"));
        return new ClosedByInterruptException();
    }

    private static long nanos(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("a timeout is not negative");
        }
        return timeout.toNanos();
    }

    /** Names the bridge. */
    @Override
    public String toString() {
        return "BridgeChannel[" + bridgeId + "]";
    }
}
