package io.github.wsbridge.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Where a leg's sends go out, one at a time. Belongs to the channel's loop. */
final class Outlet {

    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Channel channel;
    private final LoopSwitch loops;
    private final BooleanSupplier takes;
    private @Nullable CompletableFuture<Void> waiting; // a send that waits for room
    private boolean gone; // the channel is closed

    /**
     * For one channel.
     *
     * @param takes whether anything is still sent; asked on any thread
     */
    Outlet(Channel channel, LoopSwitch loops, BooleanSupplier takes) {
        this.channel = channel;
        this.loops = loops;
        this.takes = takes;
    }

    /** Writes a buffer, which it takes over; completes when there is room for more. Called on any thread. */
    CompletionStage<Void> send(ByteBuf bytes) {
        if (loops.here()) {
            return write(bytes);
        }
        CompletableFuture<Void> sent = new CompletableFuture<>();
        loops.run(() -> write(bytes).whenComplete((done, failure) -> {
            if (failure == null) {
                sent.complete(null);
            } else {
                sent.completeExceptionally(failure);
            }
        }));
        return sent;
    }

    private CompletionStage<Void> write(ByteBuf bytes) {
        if (gone || !takes.getAsBoolean()) { // a write that fails would cost what has come and was not asked for yet
            bytes.release();
            return failed();
        }
        channel.writeAndFlush(bytes, channel.voidPromise());
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

    static CompletionStage<Void> failed() {
        return CompletableFuture.failedStage(new IOException("the leg is closed"));
    }

    /** The channel takes more again. */
    void writable() {
        CompletableFuture<Void> room = waiting;
        if (room != null) {
            waiting = null;
            room.complete(null);
        }
    }

    boolean gone() {
        return gone;
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
}
