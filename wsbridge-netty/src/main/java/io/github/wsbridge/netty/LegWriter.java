package io.github.wsbridge.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Writes what a leg sends, one send at a time. Confined to the channel's loop. */
final class LegWriter {

    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Channel channel;
    private final LoopSwitch loops;
    private final BooleanSupplier takes;
    private @Nullable CompletableFuture<Void> waiting; // a send that waits until the channel is writable
    private boolean gone; // the channel is closed

    /**
     * Creates a writer for a channel.
     *
     * @param takes whether sends are still accepted; called on any thread
     */
    LegWriter(Channel channel, LoopSwitch loops, BooleanSupplier takes) {
        this.channel = channel;
        this.loops = loops;
        this.takes = takes;
    }

    /** Writes and releases a buffer; completes when the channel is writable again. Called on any thread. */
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
        if (gone || !takes.getAsBoolean()) { // a failing write would close the channel and lose received data
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

    /** Called when the channel is writable again. */
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

    /** Returns how many bytes of memory wait to be written. */
    long waiting() {
        var buffers = channel.unsafe().outboundBuffer();
        return buffers == null ? 0 : buffers.totalPendingWriteBytes();
    }

    /** Returns how many of these bytes are not written yet; the number changes whenever the peer reads data. */
    long unwritten() {
        var buffers = channel.unsafe().outboundBuffer();
        return buffers == null ? 0 : buffers.totalPendingWriteBytes() - buffers.currentProgress();
    }

    /** Called when the channel is closed. */
    void closed() {
        gone = true;
        failWaiting();
    }

    /** Fails a waiting send. */
    void failWaiting() {
        CompletableFuture<Void> room = waiting;
        if (room != null) {
            waiting = null;
            room.completeExceptionally(new IOException("the connection is closed"));
        }
    }
}
