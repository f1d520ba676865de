package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg on a channel. All that is not volatile or final belongs to the channel's event loop, and every method loops there.
 *
 * <p>It reads only while nothing that it has read waits for demand. So it answers pings and notices the end without demand,
 * until data comes that nobody has asked for.
 */
final class NettyLeg extends ChannelInboundHandlerAdapter implements Leg, FrameTranslator.Controls {

    private static final Logger log = LoggerFactory.getLogger(NettyLeg.class);
    private static final int PARTING_SECONDS = 2;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Channel channel;
    private final boolean client;
    private final String subprotocol;
    private final LoopSwitch loops;
    private final FrameTranslator frames;
    private final FrameWriter writer;
    private final GuardedReceiver receiver = new GuardedReceiver(this::abort);
    private boolean demanded;
    private boolean turning;
    private @Nullable ByteBuf unread;
    private volatile @Nullable Transfer transfer; // where all that arrives goes
    private @Nullable Transfer incoming; // where all that is sent comes from
    private volatile @Nullable CloseReason closing; // what was given to close()
    private boolean dropped; // what has come and was not asked for is of no use any more
    private boolean gone; // the channel is closed
    private volatile @Nullable CloseReason ended;

    /**
     * A leg on a channel whose handshake is done; the channel's loop adds it to the pipeline.
     *
     * @param client whether this end is the WebSocket client, which masks
     */
    NettyLeg(Channel channel, boolean client, String subprotocol) {
        this.channel = channel;
        this.client = client;
        this.subprotocol = subprotocol;
        this.loops = new LoopSwitch(channel);
        this.frames = new FrameTranslator(!client, this);
        this.writer = new FrameWriter(channel, client, loops, this::takes);
    }

    Channel channel() {
        return channel;
    }

    boolean client() {
        return client;
    }

    FrameTranslator frames() {
        return frames;
    }

    GuardedReceiver receiver() {
        return receiver;
    }

    /** Whether what arrives goes straight to another leg. */
    boolean passesOn() {
        return transfer != null;
    }

    /** How much memory it holds: what waits to be written, and what waits for demand. */
    long holds() {
        ByteBuf read = unread;
        return writer.waiting() + (read == null ? 0 : read.capacity());
    }

    /** Whether it still takes what another leg passes on. */
    boolean takes() {
        return closing == null && ended == null;
    }

    void run(Runnable task) {
        loops.run(task);
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver to) {
        run(() -> {
            receiver.open(to);
            turn();
        });
    }

    @Override
    public void demand() {
        run(() -> {
            demanded = true;
            turn();
        });
    }

    @Override
    public CompletionStage<Void> shareThread(Leg other) {
        if (!(other instanceof NettyLeg peer)) {
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

    private Loop loop() {
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
    public boolean transferTo(Leg target) {
        if (!(target instanceof NettyLeg to) || to == this || client && to.client) {
            return false; // between two servers plain frames would have to grow: that goes by fragments
        }
        Transfer opened = new Transfer(this, to);
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

    // Reading

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // Not channelInactive: a channel between two loops gives no such event.
        channel.closeFuture().addListener(closed -> run(this::closed));
        channel.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            return; // the end of the handshake's request
        }
        loop().carried(bytes.readableBytes());
        unread = unread == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), unread, bytes);
        turn();
    }

    /** Does what can be done now with what has been read, then reads on if nothing is left. */
    private void turn() {
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
        writer.flush();
        if (frames.violation() != null) {
            violated(String.valueOf(frames.violation()));
        } else if (frames.closed() != null) {
            peerClosed(frames.closed());
        } else if (!dropped && (unread != null || frames.withheld())) {
            if (gone) {
                keepUnread();
            }
            return; // waits for demand
        } else if (gone) {
            vanished();
            return;
        }
        if (transfer == null && !gone) {
            channel.read();
        }
    }

    /** Takes one piece of what has been read; tells whether there may be more. */
    private boolean consume() {
        if (unread == null && !frames.withheld()) {
            return false;
        }
        ByteBuf bytes =
                unread == null ? Unpooled.EMPTY_BUFFER : unread; // an empty frame may wait with nothing behind it
        Transfer to = transfer;
        if (ended != null || dropped) {
            unread = null;
            bytes.release();
            return false;
        }
        // A pong that cannot be written closes the channel, and closed() must not take what is being read.
        unread = null;
        if (to != null) {
            to.pass(bytes);
            return false;
        }
        ByteBuffer in = bytes.nioBuffer();
        Fragment fragment = frames.next(in, demanded || closing != null);
        bytes.skipBytes(in.position());
        if (bytes.isReadable()) {
            unread = bytes;
        } else {
            bytes.release();
        }
        if (fragment == null) {
            return false;
        }
        if (demanded) { // if not, it came too late for a leg that is closing
            demanded = false;
            receiver.fragment(fragment);
        }
        return true;
    }

    @Override
    public void onPing(byte[] payload) {
        writer.answer(payload);
    }

    @Override
    public void onPong() {
        receiver.pong();
    }

    // Writing

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        return writer.send(fragment);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        boolean writable = channel.isWritable();
        Transfer from = incoming;
        if (from != null) {
            receiver.writable(writable);
        }
        if (!writable) {
            return;
        }
        writer.writable();
        if (from != null) {
            from.release();
        }
    }

    @Override
    public void ping() {
        run(() -> writer.controlIfRoom(Frames.PING));
    }

    @Override
    public void heartbeat() {
        run(() -> writer.controlIfRoom(Frames.PONG));
    }

    // The end

    @Override
    public void close(CloseReason reason) {
        run(() -> {
            if (closing == null && ended == null) {
                closing = reason;
                sendClose(reason);
                if (transfer != null) {
                    transfer.release(); // so that the peer's answer is read
                }
                turn();
            }
        });
    }

    private void sendClose(CloseReason reason) {
        if (writer.close(reason)) {
            var deadline = new CloseDeadline(channel.eventLoop(), writer::unwritten, () -> run(this::drop));
            deadline.start();
            channel.closeFuture().addListener(closed -> deadline.stop());
        }
    }

    private void dropAfter(int seconds) {
        var deadline = channel.eventLoop().schedule(() -> run(this::drop), seconds, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> deadline.cancel(false));
    }

    private void peerClosed(CloseReason reason) {
        if (ended != null) {
            return;
        }
        sendClose(reason);
        if (!gone) {
            part();
        }
        end(reason);
    }

    private void violated(String how) {
        if (ended != null) {
            return;
        }
        sendClose(new CloseReason(CloseReason.PROTOCOL_ERROR, how));
        if (!gone) {
            // Closing at once would be a reset, which could overtake the close frame: the peer may still be sending.
            flushed().addListener(flushed -> ((DuplexChannel) channel).shutdownOutput());
            dropAfter(PARTING_SECONDS);
        }
        end(CloseReason.vanished("broke the protocol: " + how)); // the other end has done nothing wrong
    }

    /** Lets the connection go once both close frames are on their way. The server is the one to close it. */
    private void part() {
        if (client) {
            dropAfter(PARTING_SECONDS);
        } else {
            flushed().addListener(flushed -> channel.close());
        }
    }

    private ChannelFuture flushed() {
        return channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
    }

    private void vanished() {
        CloseReason given = closing;
        end(given != null ? given : CloseReason.vanished("the connection was lost"));
    }

    private void end(CloseReason reason) {
        if (ended != null) {
            return;
        }
        ended = reason;
        if (unread != null) {
            unread.release();
            unread = null;
        }
        writer.failWaiting();
        if (incoming != null) {
            incoming.release(); // what it passes on is dropped from now on
        }
        receiver.closed(reason);
    }

    @Override
    public void abort() {
        run(this::drop);
    }

    private void drop() {
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

    private void cut() {
        channel.unsafe().close(channel.voidPromise()); // past TLS, which would wait for its goodbye
    }

    private void closed() {
        if (!gone) {
            gone = true;
            writer.closed();
            turn();
        }
    }

    /** May wait for long, or for ever: not in a buffer that others could use. */
    private void keepUnread() {
        ByteBuf rest = unread;
        if (rest != null && rest.alloc() != UnpooledByteBufAllocator.DEFAULT) {
            unread = Unpooled.copiedBuffer(rest);
            rest.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("The connection failed", cause);
        cut(); // a write may have failed behind what was read well
    }

    @Override
    public String toString() {
        return "NettyLeg[" + channel.id().asShortText() + "]";
    }
}
