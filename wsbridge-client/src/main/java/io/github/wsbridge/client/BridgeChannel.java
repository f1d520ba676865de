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
 * One end of an established bridge: a bidirectional byte stream to the other end. Use it like a blocking
 * {@code SocketChannel}.
 *
 * <p><b>Threads.</b> All methods may be called from any thread. One thread may read while another writes; further
 * readers and writers wait their turn. {@link #close} wakes blocked threads with an
 * {@link java.nio.channels.AsynchronousCloseException}; an interrupt closes the channel with a
 * {@link ClosedByInterruptException}. Only reads, writes and {@link #shutdownOutput} block.
 *
 * <p><b>End of stream.</b> {@link #shutdownOutput} ends one direction; when both have ended, the bridge is closed with
 * 1000. A read returns -1 after the other end's last byte, and also if the bridge was closed with 1000 or without a
 * code. After any other end (see {@link CloseReason}), a read throws a {@link io.github.wsbridge.BridgeException} once
 * all received bytes have been read. A write throws that exception as soon as the bridge has ended for any reason.
 *
 * <p><b>Memory.</b> At most four fragments wait for a reader; their size depends on the transport (16 KiB each with
 * {@link JdkConnector}). Writes are not buffered. A write completes when the transport accepts more data, not when the
 * other end has read it.
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

    /**
     * Creates a channel over a stream, and begins to read ahead.
     *
     * @param leg a leg that is not open yet; the channel opens and closes it
     */
    public static BridgeChannel over(BridgeLeg leg) {
        BridgeChannel channel = new BridgeChannel(leg, leg.bridgeId());
        leg.open(channel.new ChannelReceiver());
        channel.incoming.start();
        return channel;
    }

    /** What the leg tells. */
    private final class ChannelReceiver implements Leg.Receiver {

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

    /** Returns the bridge's id, which is the same at both ends and in the nodes' logs. */
    public BridgeId bridgeId() {
        return bridgeId;
    }

    /**
     * Reads the available bytes, blocking until there is at least one.
     *
     * @return the number of bytes read; -1 at the end of the stream; 0 only if {@code target} has no remaining space
     * @throws SocketTimeoutException after the read timeout; the channel can still be used
     * @throws io.github.wsbridge.BridgeException if the bridge ended abnormally
     */
    @Override
    public int read(ByteBuffer target) throws IOException {
        if (!target.hasRemaining()) {
            return 0;
        }
        try {
            return incoming.read(target, new Waiting(readTimeout, true));
        } catch (InterruptedException e) {
            throw closedByInterrupt();
        }
    }

    /**
     * Writes all of {@code source}, blocking until the transport is ready for more. An empty write sends nothing.
     *
     * @throws SocketTimeoutException after the write timeout; part of it may have been sent, so the channel is dropped
     * @throws io.github.wsbridge.BridgeException if the bridge has ended
     */
    @Override
    public int write(ByteBuffer source) throws IOException {
        try {
            return outgoing.write(source, new Waiting(writeTimeout, true));
        } catch (InterruptedException e) {
            throw closedByInterrupt();
        } catch (SocketTimeoutException e) {
            drop();
            throw e;
        }
    }

    /**
     * Ends the outgoing direction; reading remains possible. Blocks like a write. Has no effect if called again.
     *
     * @throws SocketTimeoutException after the write timeout; the channel is dropped
     * @throws io.github.wsbridge.BridgeException if the bridge has ended abnormally
     */
    public void shutdownOutput() throws IOException {
        try {
            outgoing.finish(new Waiting(writeTimeout, true));
        } catch (InterruptedException e) {
            throw closedByInterrupt();
        } catch (SocketTimeoutException e) {
            drop();
            throw e;
        }
    }

    /**
     * Returns whether {@link #close} has not been called at this end. For the other end's close, see
     * {@link #closeReason}.
     */
    @Override
    public boolean isOpen() {
        return open;
    }

    /** Closes the bridge with 1000, after sending what was written, without waiting for the other end. */
    @Override
    public void close() {
        close(CloseReason.normal());
    }

    /**
     * Closes the bridge with a reason for the other end, after sending what was written. A write in progress is cut
     * off; the other end then receives {@link CloseReason#VANISHED} instead of 1000. Only the first call counts.
     */
    public void close(CloseReason reason) {
        open = false;
        incoming.close();
        boolean cut = outgoing.close();
        leg.close(cut && Incoming.inGoodOrder(reason) ? CloseReason.vanished("closed during a write") : reason);
    }

    /** Returns why the bridge ended, or null if it has not ended. */
    public @Nullable CloseReason closeReason() {
        return closed.getNow(null);
    }

    /**
     * Completes normally when the bridge has ended, with the other end's reason, or after {@link #close} with the other
     * end's answer. It completes on a thread of the transport, so continuations must not block.
     */
    public CompletionStage<CloseReason> closed() {
        return closed.minimalCompletionStage();
    }

    /** Sets how long a read may block; zero, the default, means no limit. */
    public void readTimeout(Duration timeout) {
        readTimeout = nanos(timeout);
    }

    /** Sets how long a write or {@link #shutdownOutput} may block; zero, the default, means no limit. */
    public void writeTimeout(Duration timeout) {
        writeTimeout = nanos(timeout);
    }

    /** Returns the incoming direction as a stream; closing it closes the channel. */
    public InputStream inputStream() {
        return new ChannelStreams.In(this);
    }

    /**
     * Returns the outgoing direction as an unbuffered stream; closing it closes the channel. To end only this
     * direction, use {@link #shutdownOutput}.
     */
    public OutputStream outputStream() {
        return new ChannelStreams.Out(this);
    }

    int available() {
        return incoming.available();
    }

    /** The half that reads, for those who wait in another way. */
    Incoming incoming() {
        return incoming;
    }

    /** The half that writes, for those who wait in another way. */
    Outgoing outgoing() {
        return outgoing;
    }

    /** Drops the connection without a close frame. */
    void drop() {
        open = false;
        incoming.close();
        outgoing.close();
        leg.abort();
    }

    /** Returns whether both directions have ended in good order; the way the bridge ends after that does not matter. */
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
            throw new IllegalArgumentException("a timeout must not be negative");
        }
        return timeout.toNanos();
    }

    /** Names the bridge. */
    @Override
    public String toString() {
        return "BridgeChannel[" + bridgeId + "]";
    }
}
