package io.github.wsbridge.netty;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.net.Reasons;
import io.github.wsbridge.wire.relay.Sending;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A Netty channel whose bytes go over a leg, such as one end of a bridge: any of Netty's protocols can be spoken over
 * it. It reads by demand, as {@code AUTO_READ} and {@link Channel#read} say, and writes one piece at a time; what was
 * written and not sent counts for {@link Channel#isWritable}.
 *
 * <p><b>Half-close.</b> An empty binary message is the end of its direction, as in {@code wsbridge.v1}.
 * {@link #shutdownOutput()} sends it, after the writes that have completed. If it is received, the channel closes, or
 * fires a {@link ChannelInputShutdownEvent} if {@code ALLOW_HALF_CLOSURE} is set, as with Netty's sockets.
 *
 * <p><b>The end.</b> If the leg ends with 1000 or without a code, the channel becomes inactive; otherwise, a
 * {@link BridgeException} with the reason is fired before. {@link #close()} closes the leg with 1000, or with 4000 if
 * that cuts off what was written; {@link #close(CloseReason)} chooses the reason.
 *
 * <p><b>Threads.</b> As with all channels, events run on one event loop and methods may be called from any thread.
 */
public final class LegChannel extends AbstractChannel implements DuplexChannel {

    /** What one send carries at most. Legs of other transports than Netty's prefer smaller messages. */
    private static final int PIECE = 64 * 1024;

    private static final int SMALL_PIECE = 16 * 1024;

    /** After so many reads or writes in a row, the loop's other channels have their turn. */
    private static final int TURNS = 16;

    /** Sends up to this size get memory of their own. */
    private static final int SMALL = 2 * 1024;

    /** A loop's memory for larger sends, unless one of them still uses it. */
    private static final FastThreadLocal<@Nullable ByteBuffer> SPARE = new FastThreadLocal<>();

    private static final ChannelMetadata METADATA = new ChannelMetadata(false, TURNS);

    private final @Nullable Supplier<? extends CompletionStage<? extends Leg>> dial;
    private final LegChannelConfig config;
    private volatile @Nullable Leg leg; // null until it is connected
    private volatile @Nullable SocketAddress address;
    private volatile boolean open = true;
    private volatile boolean opened;
    private volatile boolean inputEnded;
    private volatile boolean outputEnded;
    private volatile @Nullable CloseReason ended;

    // Confined to the loop.
    private int piece = SMALL_PIECE;
    private @Nullable CompletableFuture<? extends Leg> dialling;
    private boolean begun; // the pipeline has wanted to read
    private @Nullable DirectLeg direct; // in place of demands and fragments
    private boolean wanted; // the pipeline wants to read
    private boolean demanded;
    private boolean pulling;
    private boolean filled; // the message that is being received has payload
    private boolean sending;
    private int size; // of the send in progress
    private boolean finishing; // the half-close follows the send in progress
    private boolean cut; // written data is lost
    private boolean aborted;
    private @Nullable CloseReason closing;

    /**
     * Creates a channel that is not registered yet.
     *
     * @param leg a leg that is not open yet; the channel opens and closes it
     */
    public LegChannel(Leg leg) {
        super(null);
        dial = null;
        config = new LegChannelConfig(this);
        use(leg);
    }

    private LegChannel(Supplier<? extends CompletionStage<? extends Leg>> dial) {
        super(null);
        this.dial = dial;
        config = new LegChannelConfig(this);
    }

    /**
     * Returns what makes channels that open their leg when they are connected, for libraries that take a
     * {@link io.netty.bootstrap.Bootstrap}. The address that they are connected to is not used, except as the channel's
     * remote address; a name that cannot be resolved needs a {@code Bootstrap} whose resolver is disabled. A channel's
     * {@code CONNECT_TIMEOUT_MILLIS} and the cancelling of its connect end the attempt. Unlike with {@link #open}, the
     * channel stays on the loop that the {@code Bootstrap} gives it.
     *
     * <pre>{@code
     * new Bootstrap().group(group)
     *         .channelFactory(LegChannel.dialling(() -> client.leg("device-1", "mqtt")))
     *         .handler(initializer).disableResolver().connect("device-1", 1883);
     * }</pre>
     *
     * @param dial opens a leg; called on the channel's loop, must not block. The stage is cancelled if it is given up.
     */
    public static ChannelFactory<LegChannel> dialling(Supplier<? extends CompletionStage<? extends Leg>> dial) {
        return () -> new LegChannel(dial);
    }

    private void use(Leg made) {
        leg = made;
        piece = made.carrier() instanceof LoopLeg ? PIECE : SMALL_PIECE;
        if (address == null) {
            address = new Name(made.toString());
        }
    }

    /** Returns the leg of a channel that is or was active. */
    private Leg leg() {
        Leg made = leg;
        if (made == null) {
            throw new NotYetConnectedException();
        }
        return made;
    }

    /**
     * Creates a channel and registers it with the leg's own loop, or with another one if the leg has none. Does not
     * block.
     *
     * @param leg a leg that is not open yet; the channel opens and closes it
     * @param others serve legs without a loop
     * @param handler the first handler of the pipeline, such as a {@code ChannelInitializer}
     * @return completes when the channel is registered; if that fails, the leg is closed
     */
    public static ChannelFuture open(Leg leg, EventLoopGroup others, ChannelHandler handler) {
        LegChannel channel = new LegChannel(leg);
        channel.pipeline().addLast(handler);
        EventLoop loop =
                leg.carrier() instanceof LoopLeg own && !own.eventLoop().isShuttingDown() ? own.eventLoop() : null;
        return loop == null ? others.register(channel) : loop.register(channel);
    }

    /** Returns why the leg ended; null if it has not ended. */
    public @Nullable CloseReason closeReason() {
        return ended;
    }

    /** Closes the channel, and the leg with a reason for the other end. Only the first close counts. */
    public ChannelFuture close(CloseReason reason) {
        ChannelPromise closed = newPromise();
        run(() -> {
            if (closing == null) {
                closing = reason;
            }
            close(closed);
        });
        return closed;
    }

    /** Drops the connection at once, without a close frame. */
    public void abort() {
        run(() -> {
            aborted = true;
            close();
        });
    }

    private void run(Runnable task) {
        if (eventLoop().inEventLoop()) {
            task.run();
        } else {
            try {
                eventLoop().execute(task);
            } catch (RejectedExecutionException e) { // nobody can use the channel any longer
                Leg made = leg;
                if (made != null) {
                    made.abort();
                }
            }
        }
    }

    // Reading

    @Override
    protected void doBeginRead() {
        if (inputEnded) {
            return;
        }
        wanted = true;
        if (leg == null) {
            return; // it reads as soon as it is connected
        }
        if (!begun) {
            begun = true;
            if (!sending && DirectLeg.join(this, leg()) != null) {
                return;
            }
        }
        DirectLeg socket = direct;
        if (socket == null) {
            pull();
        } else {
            socket.wanted();
        }
    }

    void joined(@Nullable DirectLeg socket) {
        direct = socket;
    }

    /** Returns whether the pipeline wants to read. */
    boolean wanted() {
        return wanted;
    }

    /** Returns whether received bytes are of use. */
    boolean takes() {
        return open && !inputEnded;
    }

    /** Receives bytes that were not sent as a fragment. */
    void received(ByteBuf bytes) {
        wanted = false;
        pipeline().fireChannelRead(bytes);
        pipeline().fireChannelReadComplete();
    }

    /** Demands for as long as the pipeline reads. A leg may answer at once, which must not recurse. */
    private void pull() {
        if (pulling) {
            return;
        }
        pulling = true;
        try {
            for (int turn = 0; wanted && !demanded && open; turn++) {
                if (turn == TURNS) {
                    eventLoop().execute(this::pull);
                    return;
                }
                wanted = false;
                demanded = true;
                leg().demand();
            }
        } finally {
            pulling = false;
        }
    }

    private void received(Fragment fragment) {
        demanded = false;
        ByteBuffer payload = fragment.payload();
        boolean bytes = payload.hasRemaining();
        boolean end = fragment.last() && !bytes && !filled && fragment.kind() == Fragment.Kind.BINARY;
        filled = !fragment.last() && (filled || bytes);
        if (!open || inputEnded) {
            return;
        }
        if (end) {
            inputEnded();
        } else if (bytes) {
            pipeline().fireChannelRead(Unpooled.wrappedBuffer(payload));
            pipeline().fireChannelReadComplete();
        } else {
            wanted = true;
            pull();
        }
    }

    /** Called when the other end has ended its direction. */
    void inputEnded() {
        if (!takes()) {
            return;
        }
        inputEnded = true;
        eventLoop().execute(this::release); // later, since the socket is just being read
        if (!config.allowsHalfClosure() || outputEnded) {
            unsafe().close(unsafe().voidPromise());
            return;
        }
        if (direct == null) {
            demanded = true;
            leg().demand(); // so that silence of the other end is noticed
        }
        pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }

    private void ended(CloseReason reason) {
        ended = reason;
        if (!open) {
            return;
        }
        boolean inOrder = inOrder(reason);
        BridgeException failure = new BridgeException(reason);
        if (!inOrder) {
            pipeline().fireExceptionCaught(failure);
        }
        ((LegUnsafe) unsafe()).closeAfter(failure);
    }

    private static boolean inOrder(CloseReason reason) {
        return reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS;
    }

    // Writing

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            return message;
        }
        throw new UnsupportedOperationException(
                "not bytes: " + message.getClass().getName());
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) throws Exception {
        DirectLeg socket = direct;
        if (socket != null) {
            write(out, socket);
            return;
        }
        for (int turn = 0; !sending && !out.isEmpty(); turn++) {
            if (turn == TURNS) {
                eventLoop().execute(this::resume);
                return;
            }
            ByteBuffer bytes = gather(out);
            size = bytes.remaining();
            if (size == 0) {
                out.removeBytes(0);
                continue;
            }
            sending = true;
            CompletableFuture<Void> sent =
                    Sending.send(leg(), Fragment.binary(bytes)).toCompletableFuture();
            if (!sent.isDone()) {
                sent.whenComplete((done, failure) -> run(() -> {
                    if (failure == null) { // otherwise the leg ends, and with it the channel
                        sent(bytes);
                    }
                }));
            } else if (!sent.isCompletedExceptionally()) {
                sending = false;
                giveBack(bytes);
                out.removeBytes(size);
            } // otherwise the leg ends, and with it the channel
        }
    }

    private void write(ChannelOutboundBuffer out, DirectLeg socket) throws Exception {
        for (int turn = 0; !out.isEmpty(); turn++) {
            if (turn == TURNS) {
                eventLoop().execute(this::resume);
                return;
            }
            int written = socket.write(out);
            if (written == 0 && ((ByteBuf) out.current()).isReadable()) {
                return; // until there is room
            }
            out.removeBytes(written);
        }
    }

    /** Writes what is flushed, after the leg had no room. */
    void resume() {
        ((LegUnsafe) unsafe()).resume();
    }

    /** Copies the first flushed bytes, since few legs could send several buffers as one message. */
    private ByteBuffer gather(ChannelOutboundBuffer out) throws Exception {
        int[] room = {piece};
        out.forEachFlushedMessage(message -> {
            room[0] -= Math.min(room[0], ((ByteBuf) message).readableBytes());
            return room[0] > 0;
        });
        int total = piece - room[0];
        ByteBuffer bytes = memory(total);
        out.forEachFlushedMessage(message -> {
            ByteBuf next = (ByteBuf) message;
            int length = Math.min(total - bytes.position(), next.readableBytes());
            bytes.limit(bytes.position() + length);
            next.getBytes(next.readerIndex(), bytes);
            return bytes.position() < total;
        });
        return bytes.flip();
    }

    private ByteBuffer memory(int size) {
        if (size <= SMALL || piece < PIECE) {
            return ByteBuffer.allocate(size);
        }
        ByteBuffer spare = SPARE.get();
        SPARE.set(null);
        return spare == null ? ByteBuffer.allocate(PIECE) : spare.clear();
    }

    private static void giveBack(ByteBuffer bytes) {
        if (bytes.capacity() == PIECE) {
            SPARE.set(bytes);
        }
    }

    private void sent(ByteBuffer bytes) {
        giveBack(bytes);
        ChannelOutboundBuffer out = unsafe().outboundBuffer();
        if (out != null) {
            out.removeBytes(size); // listeners that write again must not start the next send meanwhile
        }
        sending = false;
        resume();
        if (finishing) {
            finishing = false;
            finish();
        }
    }

    @Override
    protected void doShutdownOutput() {
        outputEnded = true;
        if (sending) {
            finishing = true;
        } else {
            finish();
        }
    }

    private void finish() {
        if (!open || ended != null) {
            return;
        }
        sending = true;
        Sending.send(leg(), Fragment.binary(ByteBuffer.allocate(0)))
                .whenComplete((done, failure) -> run(() -> {
                    sending = false;
                    if (inputEnded) {
                        unsafe().close(unsafe().voidPromise());
                    }
                }));
    }

    // The end

    @Override
    protected void doClose() {
        open = false;
        Leg leg = this.leg;
        if (leg == null) {
            if (dialling != null) {
                dialling.cancel(true);
            }
            return;
        }
        CloseReason reason = closing == null ? CloseReason.normal() : closing;
        if (aborted) {
            leg.abort();
        } else {
            leg.close(cut && inOrder(reason) ? CloseReason.vanished("closed before everything was sent") : reason);
        }
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    public boolean isInputShutdown() {
        return inputEnded || !isActive();
    }

    /** Stops reading; the other end is not told. */
    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    /** Lets the socket be read on: nothing more is taken, and its end must be noticed. */
    private void release() {
        DirectLeg socket = direct;
        if (socket != null) {
            socket.wanted();
        }
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        run(() -> {
            inputEnded = true;
            release();
            promise.setSuccess();
        });
        return promise;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputEnded || !isActive();
    }

    /** Tells the other end that nothing more is sent. What is written and not sent yet fails. */
    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        run(() -> ((LegUnsafe) unsafe()).shutdownOutput(promise));
        return promise;
    }

    @Override
    public boolean isShutdown() {
        return isInputShutdown() && isOutputShutdown();
    }

    /** Closes the channel. */
    @Override
    public ChannelFuture shutdown() {
        return close();
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        return close(promise);
    }

    // What every channel has

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new LegUnsafe();
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected void doRegister(ChannelPromise registered) {
        try {
            Leg made = leg;
            if (!opened && made != null) {
                made.open(new Events());
                opened = true;
            }
        } catch (RuntimeException e) { // a leg should not throw, but might
            registered.setFailure(e);
            return;
        }
        registered.setSuccess();
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return address;
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return address;
    }

    @Override
    protected void doBind(SocketAddress localAddress) {
        throw new UnsupportedOperationException("it is connected");
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && opened;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    private final class LegUnsafe extends AbstractUnsafe {

        @Override
        public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            if (dial == null || leg != null) {
                promise.tryFailure(new UnsupportedOperationException("it is connected"));
                return;
            }
            if (dialling != null) {
                promise.tryFailure(new ConnectionPendingException());
                return;
            }
            address = remote;
            CompletionStage<? extends Leg> coming = dialled(dial);
            dialling = coming.toCompletableFuture(); // possibly a copy, which, once cancelled, misses the leg
            limit(remote, promise);
            coming.whenComplete((made, failure) -> {
                try {
                    eventLoop()
                            .execute(
                                    failure == null ? () -> connected(made, promise) : () -> refused(failure, promise));
                } catch (RejectedExecutionException e) { // nobody can use the channel any longer
                    if (made != null) {
                        made.abort();
                    }
                }
            });
        }

        private void limit(SocketAddress remote, ChannelPromise promise) {
            int most = config.getConnectTimeoutMillis();
            Future<?> timer = most <= 0
                    ? null
                    : eventLoop()
                            .schedule(
                                    () -> {
                                        if (promise.tryFailure(
                                                new ConnectTimeoutException("connection timed out: " + remote))) {
                                            close(voidPromise());
                                        }
                                    },
                                    most,
                                    TimeUnit.MILLISECONDS);
            promise.addListener(done -> {
                if (timer != null) {
                    timer.cancel(false);
                }
                if (done.isCancelled()) {
                    close(voidPromise());
                }
            });
        }

        private void refused(Throwable failure, ChannelPromise promise) {
            ConnectException refused = new ConnectException("no connection: " + Reasons.of(failure));
            refused.initCause(failure);
            promise.tryFailure(open ? refused : new ClosedChannelException());
            close(voidPromise());
        }

        private void connected(Leg made, ChannelPromise promise) {
            if (!open) {
                made.abort();
                promise.tryFailure(new ClosedChannelException());
                return;
            }
            use(made);
            made.open(new Events());
            opened = true;
            if (promise.trySuccess()) {
                pipeline().fireChannelActive();
                if (wanted && !begun && open) {
                    beginRead();
                }
            } else {
                close(voidPromise());
            }
        }

        @Override
        public void close(ChannelPromise promise) {
            ChannelOutboundBuffer out = outboundBuffer();
            cut |= out != null && out.totalPendingWriteBytes() > 0;
            super.close(promise);
        }

        void closeAfter(BridgeException failure) {
            var closed = new ClosedChannelException();
            closed.initCause(failure);
            close(voidPromise(), failure, closed);
        }

        void resume() {
            flush0();
        }
    }

    /** What the leg tells, on any thread. */
    private final class Events implements Leg.Receiver {

        @Override
        public void onFragment(Fragment fragment) {
            run(() -> received(fragment));
        }

        /** Later, so that it never ends the channel inside a call of the pipeline. */
        @Override
        public void onClosed(CloseReason reason) {
            try {
                eventLoop().execute(() -> ended(reason));
            } catch (RejectedExecutionException e) {
                ended = reason;
            }
        }
    }

    private static CompletionStage<? extends Leg> dialled(Supplier<? extends CompletionStage<? extends Leg>> dial) {
        try {
            return dial.get();
        } catch (RuntimeException e) { // it should not throw, but might
            return CompletableFuture.failedFuture(e);
        }
    }

    /** The name of both ends. */
    private static final class Name extends SocketAddress {

        private static final long serialVersionUID = 1L;

        private final String name;

        Name(String name) {
            this.name = name;
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
