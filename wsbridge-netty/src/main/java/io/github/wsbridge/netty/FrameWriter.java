package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.MaskKeys;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What a leg itself writes to its channel: fragments, control frames, and the close frame. Belongs to the channel's loop. */
final class FrameWriter {

    private static final int FIN = 0x80;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Channel channel;
    private final boolean client;
    private final LoopSwitch loops;
    private final BooleanSupplier takes;
    private boolean midMessage; // whether what was sent last did not end its message; the sender's, not the loop's
    private @Nullable CompletableFuture<Void> waiting; // a send that waits for room
    private byte @Nullable [] owedPong;
    private boolean unflushed; // whether a pong has been written only
    private boolean closeSent;
    private boolean gone; // the channel is closed

    /**
     * For one channel.
     *
     * @param client whether frames are masked
     * @param takes whether fragments are still taken; asked on any thread
     */
    FrameWriter(Channel channel, boolean client, LoopSwitch loops, BooleanSupplier takes) {
        this.channel = channel;
        this.client = client;
        this.loops = loops;
        this.takes = takes;
    }

    /** Sends a fragment. Called on any thread. */
    CompletionStage<Void> send(Fragment fragment) {
        if (!takes.getAsBoolean()) {
            return failed();
        }
        int opcode =
                midMessage ? Frames.CONTINUATION : fragment.kind() == Fragment.Kind.TEXT ? Frames.TEXT : Frames.BINARY;
        midMessage = !fragment.last();
        ByteBuf frame = frame(opcode | (fragment.last() ? FIN : 0), fragment.payload());
        if (loops.here()) {
            return write(frame);
        }
        CompletableFuture<Void> sent = new CompletableFuture<>();
        loops.run(() -> write(frame).whenComplete((done, failure) -> {
            if (failure == null) {
                sent.complete(null);
            } else {
                sent.completeExceptionally(failure);
            }
        }));
        return sent;
    }

    private CompletionStage<Void> write(ByteBuf frame) {
        if (gone || !takes.getAsBoolean()) { // a write that fails would cost what has come and was not asked for yet
            frame.release();
            return failed();
        }
        channel.writeAndFlush(frame, channel.voidPromise());
        if (gone) {
            return failed();
        }
        if (channel.isWritable()) {
            return SENT;
        }
        CompletableFuture<Void> room = new CompletableFuture<>();
        waiting = room;
        return room;
    }

    private static CompletionStage<Void> failed() {
        return CompletableFuture.failedStage(new IOException("the leg is closed"));
    }

    /** The channel takes more again. */
    void writable() {
        byte[] pong = owedPong;
        if (pong != null) {
            owedPong = null;
            control(Frames.PONG, pong);
        }
        CompletableFuture<Void> room = waiting;
        if (room != null) {
            waiting = null;
            room.complete(null);
        }
    }

    /** Answers a ping, with the next {@link #flush} or when there is room. */
    void answer(byte[] ping) {
        if (!channel.isWritable()) {
            flush();
        }
        if (channel.isWritable()) {
            if (!closeSent && !gone) {
                channel.write(frame(Frames.PONG | FIN, ByteBuffer.wrap(ping)), channel.voidPromise());
                unflushed = true;
            }
        } else {
            owedPong = ping; // the latest is enough (RFC 6455, section 5.5.3)
        }
    }

    /** Lets the pongs of a read go out together: one write for each would let a flood of pings keep the loop from all others. */
    void flush() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /** Sends an empty control frame, but not behind data that does not get through: there it would be of no use. */
    void controlIfRoom(int opcode) {
        if (channel.isWritable()) {
            control(opcode, new byte[0]);
        }
    }

    /** How much memory waits to be written. */
    long waiting() {
        var buffers = channel.unsafe().outboundBuffer();
        return buffers == null ? 0 : buffers.totalPendingWriteBytes();
    }

    /** How much of that has not been written yet: changes whenever the connection takes anything. */
    long unwritten() {
        var buffers = channel.unsafe().outboundBuffer();
        return buffers == null ? 0 : buffers.totalPendingWriteBytes() - buffers.currentProgress();
    }

    /** Sends the close frame, the last that goes out; tells whether it did so now. */
    boolean close(CloseReason reason) {
        if (closeSent || gone) {
            return false;
        }
        control(Frames.CLOSE, Frames.closePayload(reason));
        closeSent = true;
        return true;
    }

    /** The channel is closed. */
    void closed() {
        gone = true;
        failWaiting();
    }

    /** A send that waits is of no use any more. */
    void failWaiting() {
        CompletableFuture<Void> room = waiting;
        if (room != null) {
            waiting = null;
            room.completeExceptionally(new IOException("the connection is closed"));
        }
    }

    private void control(int opcode, byte[] payload) {
        if (!closeSent && !gone) {
            channel.writeAndFlush(frame(opcode | FIN, ByteBuffer.wrap(payload)), channel.voidPromise());
        }
    }

    private ByteBuf frame(int first, ByteBuffer payload) {
        int most = payload.remaining() + Frames.overhead();
        ByteBuf frame = channel.alloc().ioBuffer(most, most);
        ByteBuffer out = frame.internalNioBuffer(0, most);
        int before = out.position();
        Frames.write(out, first, payload, client, client ? MaskKeys.next() : 0);
        return frame.writerIndex(out.position() - before);
    }
}
