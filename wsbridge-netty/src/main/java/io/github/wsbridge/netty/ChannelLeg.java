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
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg on a channel, whatever is spoken there. All that is not volatile or final belongs to the channel's event loop, and
 * every method loops there.
 *
 * <p>It reads only while nothing that it has read waits for demand. So it notices the end without demand, until data comes that
 * nobody has asked for.
 */
abstract class ChannelLeg extends ChannelInboundHandlerAdapter implements Leg {

    private static final Logger log = LoggerFactory.getLogger(ChannelLeg.class);
    private static final int GROWTH = 4;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    final Channel channel;
    final boolean secure;
    final LoopSwitch loops;
    final Outlet outlet;
    final GuardedReceiver receiver = new GuardedReceiver(this::abort);
    boolean demanded;
    private boolean turning;

    @Nullable
    ByteBuf unread;

    volatile @Nullable Transfer transfer; // where all that arrives goes
    private @Nullable Transfer incoming; // where all that is sent comes from
    volatile @Nullable CloseReason closing; // what was given to close()
    boolean dropped; // what has come and was not asked for is of no use any more
    boolean gone; // the channel is closed
    volatile @Nullable CloseReason ended;

    /** A leg on a channel whose loop adds it to the pipeline. */
    ChannelLeg(Channel channel) {
        this.channel = channel;
        this.secure = channel.pipeline().get(NettyBridgeServer.TLS) != null;
        this.loops = new LoopSwitch(channel);
        this.outlet = new Outlet(channel, loops, this::takes);
    }

    final Channel channel() {
        return channel;
    }

    final GuardedReceiver receiver() {
        return receiver;
    }

    /** Whether what arrives goes straight to another leg. */
    final boolean passesOn() {
        return transfer != null;
    }

    /** How much memory it holds: what waits to be written, and what waits for demand. */
    final long holds() {
        ByteBuf read = unread;
        return outlet.waiting() + (read == null ? 0 : read.capacity());
    }

    /** Whether it has neither ended nor been closed here. */
    final boolean open() {
        return closing == null && ended == null;
    }

    /** Whether it still takes what another leg passes on. */
    boolean takes() {
        return open();
    }

    final void run(Runnable task) {
        loops.run(task);
    }

    /** How what arrives here is rewritten for another leg; null if it has to go by fragments. */
    abstract @Nullable Rewriting rewritingFor(ChannelLeg target);

    /** The end of the stream, passed on: the half-close message, or what stands for it here. */
    abstract void passEnd();

    /** Takes one piece of what has been read; tells whether there may be more. */
    abstract boolean consume();

    /** Does what is to be done once nothing more of what has been read can be taken now. */
    abstract void settle();

    /** Releases what waits to be sent, for the leg has ended. */
    abstract void failSends();

    /** The channel takes more again. */
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
            turn();
        });
    }

    @Override
    public final CompletionStage<Void> shareThread(Leg other) {
        if (!(other instanceof ChannelLeg peer)) {
            return SENT;
        }
        Loop here = loop();
        Loop there = peer.loop();
        boolean alike = here.parent() == there.parent(); // a connector's leg goes to the server's
        Loop chosen = alike ? Loop.lessBusy(there, here) : there;
        chosen.join();
        channel.closeFuture().addListener(closed -> chosen.leave());
        return chosen == here ? peer.moveTo(here) : moveTo(there);
    }

    final Loop loop() {
        return (Loop) channel.eventLoop();
    }

    private CompletionStage<Void> moveTo(Loop loop) {
        CompletableFuture<Void> moved = new CompletableFuture<>();
        run(() -> loops.move(loop, () -> {
            channel.flush(); // moving forgets that something was to be written or read
            turn();
            moved.complete(null);
        }));
        return moved;
    }

    @Override
    public final boolean transferTo(Leg target) {
        if (!(target instanceof ChannelLeg to) || to == this) {
            return false;
        }
        Rewriting rewriting = rewritingFor(to);
        if (rewriting == null) {
            return false;
        }
        Transfer opened = new Transfer(this, to, rewriting);
        run(() -> {
            transfer = opened;
            to.run(() -> to.comesFrom(opened));
            turn();
            opened.open();
        });
        return true;
    }

    private void comesFrom(Transfer opened) {
        incoming = opened;
        if (!channel.isWritable()) {
            receiver.writable(false);
        }
        opened.release(); // it may have become writable before this one listened
    }

    /** Whoever passes on to this leg need not wait for room any more: the rest is dropped. */
    final void releaseIncoming() {
        if (incoming != null) {
            incoming.release();
        }
    }

    // Reading

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // Not channelInactive: a channel between two loops gives no such event.
        channel.closeFuture().addListener(closed -> run(this::closed));
        channel.read();
    }

    @Override
    public final void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            return; // the end of the handshake's request
        }
        loop().carried(bytes.readableBytes());
        if (secure && unread != null && HEADROOM + unread.readableBytes() + bytes.readableBytes() > ReadBuffers.MOST) {
            turn();
        }
        ByteBuf before = unread;
        unread = before == null ? bytes : secure ? gathered(before, bytes) : cumulated(before, bytes);
        if (!secure) {
            turn();
        }
    }

    /** TLS gives the records of a read one by one: they go on together, or each would cost a write, and a record more. */
    @Override
    public final void channelReadComplete(ChannelHandlerContext context) {
        if (secure) {
            turn();
        }
    }

    private ByteBuf gathered(ByteBuf before, ByteBuf bytes) {
        int size = before.readableBytes() + bytes.readableBytes();
        if (HEADROOM + size > ReadBuffers.MOST) {
            return cumulated(before, bytes); // nobody asks for it now
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

    /** Does what can be done now with what has been read, then reads on if nothing is left. */
    final void turn() {
        if (turning) {
            return; // called from the receiver: the loop below goes on
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

    /** Drops what has been read, if the leg has ended or is about to; tells whether it has. */
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

    /** Reads on, unless a transfer sees to that. */
    final void readOn() {
        if (transfer == null && !gone) {
            channel.read();
        }
    }

    // Writing

    @Override
    public final void channelWritabilityChanged(ChannelHandlerContext context) {
        boolean writable = channel.isWritable();
        Transfer from = incoming;
        if (from != null) {
            receiver.writable(writable);
        }
        if (!writable) {
            return;
        }
        writable();
        if (from != null) {
            from.release();
        }
    }

    /** Completes when all that has been written so far is with the kernel. */
    final ChannelFuture flushed() {
        return channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
    }

    // The end

    /** The connection ends soon, whatever happens. */
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
                closed(); // it had no loop to be told on
            }
        }
    }

    /** Closes the channel at once. */
    void cut() {
        channel.unsafe().close(channel.voidPromise()); // past TLS, which would wait for its goodbye
    }

    private void closed() {
        if (!gone) {
            gone = true;
            outlet.closed();
            turn();
        }
    }

    /** May wait for long, or for ever: not in a buffer that others could use. */
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
        cut(); // a write may have failed behind what was read well
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + channel.id().asShortText() + "]";
    }
}
