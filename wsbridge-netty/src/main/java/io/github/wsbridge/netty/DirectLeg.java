package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LegChannel} joined with a WebSocket on the same loop, by which bytes pass between the two in Netty's
 * buffers: received ones as they are, in place of fragments, and written ones with a single copy. Confined to the loop.
 */
final class DirectLeg extends ForwardingLeg implements TransferTarget {

    /** What one message carries at most: what a connection gives at once, with the headers of another protocol. */
    private static final int PIECE = ReadBuffers.MOST + 256;

    private final LegChannel channel;
    private final NettyLeg socket;
    private @Nullable Runnable room;

    private DirectLeg(LegChannel channel, Leg leg, NettyLeg socket) {
        super(leg);
        this.channel = channel;
        this.socket = socket;
    }

    /** Joins a channel with its leg, which nothing was demanded from yet; returns null if that is not possible. */
    static @Nullable DirectLeg join(LegChannel channel, Leg leg) {
        if (!(leg.transport() instanceof NettyLeg socket)
                || socket.eventLoop() != channel.eventLoop()
                || !leg.takesTransfers()) {
            return null;
        }
        DirectLeg direct = new DirectLeg(channel, leg, socket);
        channel.joined(direct);
        if (!leg.transferTo(direct)) {
            channel.joined(null);
            return null;
        }
        socket.receiveFrom(channel::resume);
        return direct;
    }

    /** Called when the channel's pipeline wants to read. */
    void wanted() {
        Runnable go = room;
        if (go != null) {
            go.run();
        }
    }

    /** Writes the first flushed bytes; returns how many, 0 if there is no room at present. */
    int write(ChannelOutboundBuffer out) throws Exception {
        if (!socket.hasRoom() || !socket.takes()) {
            return 0;
        }
        int size = (int) Math.min(PIECE, out.totalPendingWriteBytes());
        int[] left = {size};
        out.forEachFlushedMessage(message -> {
            left[0] -= Math.min(left[0], ((ByteBuf) message).readableBytes());
            return left[0] > 0;
        });
        size -= left[0];
        if (size > 0) {
            socket.writer().send(out, size);
        }
        return size;
    }

    @Override
    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    @Override
    public boolean framed() {
        return false;
    }

    @Override
    public void receiveFrom(Runnable more) {
        room = more;
    }

    @Override
    public void pass(ByteBuf bytes) {
        channel.received(bytes);
    }

    @Override
    public void flush() {
        // it was received at once
    }

    @Override
    public void passEnd() {
        channel.inputEnded();
    }

    @Override
    public boolean hasRoom() {
        return channel.wanted();
    }

    @Override
    public boolean takes() {
        return channel.takes();
    }
}
