package io.github.wsbridge.netty;

import static io.github.wsbridge.wire.websocket.FrameTranslator.HEADROOM;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Leg;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg on a channel, independent of the protocol. Fields that are neither volatile nor final are confined to the
 * channel's event loop, and every method runs its work there.
 *
 * <p>The channel is read only while no received data waits for demand. The leg therefore detects its end without
 * demand, unless received data is waiting.
 */
abstract class ChannelLeg extends ChannelInboundHandlerAdapter implements TransferTarget {

    private static final Logger log = LoggerFactory.getLogger(ChannelLeg.class);
    private static final int GROWTH = 4;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    final Channel channel;
    final boolean secure;
    final LoopSwitch loops;
    final LegWriter output;
    private final ReceiveBuffer kernel;
    final GuardedReceiver receiver = new GuardedReceiver(this::abort);
    boolean demanded;
    boolean wanted; // whether data was ever demanded
    private boolean turning;

    @Nullable
    ByteBuf unread;

    volatile @Nullable Transfer transfer; // receives everything that arrives
    private @Nullable Runnable incoming; // resumes what sends everything that is sent
    volatile @Nullable CloseReason closing; // the reason passed to close()
    boolean dropped; // received data that was not demanded is discarded
    boolean gone; // the channel is closed
    volatile @Nullable CloseReason ended;

    /** Creates a leg; the channel's loop adds it to the pipeline. */
    ChannelLeg(Channel channel) {
        this.channel = channel;
        this.secure = channel.pipeline().get(NettyBridgeServer.TLS) != null;
        this.loops = new LoopSwitch(channel);
        this.output = new LegWriter(channel, loops, this::takes);
        this.kernel = new ReceiveBuffer(channel);
    }

    final Channel channel() {
        return channel;
    }

    final GuardedReceiver receiver() {
        return receiver;
    }

    /** Returns whether received data is transferred to another leg. */
    final boolean passesOn() {
        return transfer != null;
    }

    /** Returns how many bytes of memory are held by data that waits to be written or demanded. */
    final long holds() {
        ByteBuf read = unread;
        return output.waiting() + (read == null ? 0 : read.capacity());
    }

    /** Returns whether the leg has neither ended nor been closed by this side. */
    final boolean open() {
        return closing == null && ended == null;
    }

    @Override
    public boolean takes() {
        return open();
    }

    final void run(Runnable task) {
        loops.run(task);
    }

    /** Returns how to rewrite received data for another leg; null if the data must be passed as fragments. */
    abstract @Nullable Rewriter rewritingFor(TransferTarget target);

    /** Processes some of the received data; returns whether there may be more. */
    abstract boolean consume();

    /** Called after {@link #consume} has processed as much as it can: ends the leg, or continues reading. */
    abstract void settle();

    /** Fails a send in progress, because the leg has ended. */
    abstract void failSends();

    /** Called when the channel is writable again. */
    abstract void writable();

    @Override
    public final void open(Receiver to) {
        run(() -> {
            receiver.open(to);
            turn();
        });
    }

    @Override
    public final void demand() {
        run(() -> {
            demanded = true;
            wanted = true;
            turn();
        });
    }

    @Override
    public final EventLoop eventLoop() {
        return channel.eventLoop();
    }

    @Override
    public final CompletionStage<Void> shareThread(Leg other) {
        if (other instanceof LoopLeg elsewhere
                && !(other instanceof ChannelLeg)
                && elsewhere.eventLoop() instanceof Loop loop) {
            return follow(loop);
        }
        followed(null);
        if (!(other instanceof ChannelLeg peer)) {
            return SENT;
        }
        peer.followed(null);
        Loop here = loop();
        Loop there = peer.loop();
        boolean alike = here.parent() == there.parent(); // a connector's leg moves to the server's loop
        Loop chosen = alike ? Loop.lessBusy(there, here) : there;
        chosen.join();
        channel.closeFuture().addListener(closed -> chosen.leave());
        return chosen == here ? peer.moveTo(here) : moveTo(there);
    }

    private CompletionStage<Void> follow(Loop loop) {
        followed(loop);
        loop.join();
        channel.closeFuture().addListener(closed -> loop.leave());
        return moveTo(loop);
    }

    /** Called with the loop of the leg that this one follows; null if they choose one together. On any thread. */
    void followed(@Nullable Loop loop) {
        // only of interest for legs of which more may come
    }

    final Loop loop() {
        return (Loop) channel.eventLoop();
    }

    private CompletionStage<Void> moveTo(Loop loop) {
        CompletableFuture<Void> moved = new CompletableFuture<>();
        if (loop == channel.eventLoop() && loops.here()) {
            return SENT; // it is there
        }
        run(() -> loops.move(loop, () -> {
            channel.flush(); // a move loses pending flushes and reads
            turn();
            moved.complete(null);
        }));
        return moved;
    }

    @Override
    public final boolean transferTo(Leg target) {
        if (!(target instanceof TransferTarget to) || to == this || !follows(to)) {
            return false;
        }
        Rewriter rewriting = rewritingFor(to);
        if (rewriting == null) {
            return false;
        }
        Transfer opened = new Transfer(this, to, rewriting);
        run(() -> {
            transfer = opened;
            wanted = true;
            to.receiveFrom(opened::release);
            turn();
            opened.open();
        });
        return true;
    }

    /** Returns whether a transfer is possible: a target that is no connection cannot follow this leg to its loop. */
    private boolean follows(TransferTarget target) {
        return target instanceof ChannelLeg || target.eventLoop() == eventLoop();
    }

    @Override
    public boolean framed() {
        return false;
    }

    @Override
    public final void receiveFrom(Runnable room) {
        run(() -> {
            incoming = room;
            if (!channel.isWritable()) {
                receiver.writable(false);
            }
            room.run(); // it may have become writable before this leg was registered
        });
    }

    @Override
    public final void pass(ByteBuf bytes) {
        channel.write(bytes, channel.voidPromise());
    }

    @Override
    public final void flush() {
        channel.flush();
    }

    @Override
    public final void passEnd() {
        run(this::sendEnd);
    }

    /** Sends the half-close message, or its counterpart in this leg's protocol. */
    abstract void sendEnd();

    @Override
    public final boolean hasRoom() {
        return channel.isWritable();
    }

    /** Resumes a leg that waits for this one to become writable; its data is dropped from now on. */
    final void releaseIncoming() {
        Runnable from = incoming;
        if (from != null) {
            from.run();
        }
    }

    // Reading

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // Not channelInactive, which is not fired while the channel moves between loops.
        channel.closeFuture().addListener(closed -> run(this::closed));
        channel.read();
    }

    @Override
    public final void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            return; // the end of the handshake's request
        }
        loop().carried(bytes.readableBytes());
        kernel.received(bytes.readableBytes());
        if (secure && unread != null && HEADROOM + unread.readableBytes() + bytes.readableBytes() > ReadBuffers.MOST) {
            turn();
        }
        ByteBuf before = unread;
        unread = before == null ? bytes : secure ? gathered(before, bytes) : cumulated(before, bytes);
        if (!secure) {
            turn();
        }
    }

    /**
     * TLS delivers each record of a read separately. They are passed on together: otherwise each would cost a write.
     */
    @Override
    public final void channelReadComplete(ChannelHandlerContext context) {
        if (secure) {
            turn();
        }
    }

    private ByteBuf gathered(ByteBuf before, ByteBuf bytes) {
        int size = before.readableBytes() + bytes.readableBytes();
        if (HEADROOM + size > ReadBuffers.MOST) {
            return cumulated(before, bytes); // it waits for demand
        }
        ByteBuf all = before;
        if (before.maxFastWritableBytes() < bytes.readableBytes() || before.readerIndex() < HEADROOM) {
            int room = Math.min(HEADROOM + GROWTH * size, ReadBuffers.MOST);
            all = channel.alloc().ioBuffer(room, room).setIndex(HEADROOM, HEADROOM);
            all.writeBytes(before);
            before.release();
        }
        all.writeBytes(bytes);
        bytes.release();
        return all;
    }

    private ByteBuf cumulated(ByteBuf before, ByteBuf bytes) {
        return ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(channel.alloc(), before, bytes);
    }

    /** Processes the received data as far as possible, then continues reading if none is left. */
    final void turn() {
        if (turning) {
            return; // called by the receiver; the loop below continues
        }
        turning = true;
        try {
            while (consume()) {
                continue;
            }
        } finally {
            turning = false;
        }
        settle();
    }

    /** Discards received data if the leg has ended or was aborted; returns whether it did. */
    final boolean dropUnread() {
        if (ended == null && !dropped) {
            return false;
        }
        if (unread != null) {
            unread.release();
            unread = null;
        }
        return true;
    }

    /** Continues reading, unless a transfer controls reading. */
    final void readOn() {
        if (transfer == null && !gone) {
            channel.read();
        }
    }

    // Writing

    @Override
    public final void channelWritabilityChanged(ChannelHandlerContext context) {
        boolean writable = channel.isWritable();
        Runnable from = incoming;
        if (from != null) {
            receiver.writable(writable);
        }
        if (!writable) {
            return;
        }
        writable();
        if (from != null) {
            from.run();
        }
    }

    @Override
    public final Duration unacknowledged() {
        return TcpState.unacknowledged(channel);
    }

    /** Flushes; completes when everything written so far has been passed to the kernel. */
    final ChannelFuture flushed() {
        return channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
    }

    // The end

    /** Closes the channel after some seconds unless it has been closed by then. */
    final void dropAfter(int seconds) {
        var deadline = channel.eventLoop().schedule(() -> run(this::drop), seconds, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> deadline.cancel(false));
    }

    final void vanished(String how) {
        CloseReason given = closing;
        end(given != null ? given : CloseReason.vanished(how));
    }

    final void end(CloseReason reason) {
        if (ended != null) {
            return;
        }
        ended = reason;
        if (unread != null) {
            unread.release();
            unread = null;
        }
        Transfer to = transfer;
        if (to != null) {
            to.discard();
        }
        failSends();
        releaseIncoming();
        receiver.closed(reason);
    }

    @Override
    public final void abort() {
        run(this::drop);
    }

    final void drop() {
        dropped = true;
        if (gone) {
            turn();
        } else {
            cut();
            if (!gone && !channel.isOpen()) {
                closed(); // the channel had no loop that could report it
            }
        }
    }

    /** Closes the channel at once. */
    void cut() {
        channel.unsafe().close(channel.voidPromise()); // not through TLS, which would wait for the peer's close_notify
    }

    private void closed() {
        if (!gone) {
            gone = true;
            output.closed();
            turn();
        }
    }

    /** Copies received data out of a pooled buffer, since it may wait for demand indefinitely. */
    final void keepUnread() {
        ByteBuf rest = unread;
        if (rest != null && rest.alloc() != UnpooledByteBufAllocator.DEFAULT) {
            unread = Unpooled.copiedBuffer(rest);
            rest.release();
        }
    }

    @Override
    public final void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("The connection failed", cause);
        cut(); // received data stays valid, even if a write failed
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + channel.id().asShortText() + "]";
    }
}
