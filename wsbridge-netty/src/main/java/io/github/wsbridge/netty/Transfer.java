package io.github.wsbridge.netty;

import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a bridge between two channels. Data read from the source is rewritten in place and written to the
 * target, with one write per read; a small piece of a frame waits for the next read. The source is not read while the
 * target is not writable. Confined to the source's event loop, which is also the target's unless a move failed.
 */
final class Transfer {

    private static final int GROWTH = 3;

    private final ChannelLeg source;
    private final TransferTarget target;
    private final Rewriter rewriting;
    private boolean held;
    private @Nullable ByteBuf rest; // the beginning of what is rewritten next

    Transfer(ChannelLeg source, TransferTarget target, Rewriter rewriting) {
        this.source = source;
        this.target = target;
        this.rewriting = rewriting;
    }

    /** Starts reading, as long as the target is writable. */
    void open() {
        if (!held) { // set by data that was read before
            source.channel().config().setAutoRead(true);
            holdIfFull();
        }
    }

    /** Passes on received data and takes ownership of it. */
    void pass(ByteBuf read) {
        ByteBuf bytes = rewriting.inPlace() ? roomy(joined(read)) : read;
        int end = bytes.writerIndex();
        long carried = rewriting.rewrite(bytes);
        int left = rewriting.left();
        if (left > 0 && !bytes.isReadable()) {
            rest = fitting(bytes.setIndex(end - left, end));
        } else {
            if (left > 0) {
                rest = copied(bytes.slice(end - left, left), 0);
            }
            send(bytes);
        }
        if (rewriting.ended()) {
            end();
        }
        holdIfFull();
        source.receiver().transferred(carried);
    }

    private void send(ByteBuf bytes) {
        if (bytes.isReadable() && target.takes()) {
            target.pass(bytes);
            target.flush();
        } else {
            bytes.release();
        }
    }

    private ByteBuf joined(ByteBuf read) {
        ByteBuf all = rest;
        if (all == null) {
            return read;
        }
        rest = null;
        if (all.maxFastWritableBytes() < read.readableBytes()) {
            ByteBuf before = all;
            all = copied(before, read.readableBytes());
            before.release();
        }
        all.writeBytes(read);
        read.release();
        return all;
    }

    /** Returns a piece in a buffer that is not much larger, since the remainder of the frame may take long to come. */
    private ByteBuf fitting(ByteBuf piece) {
        if (piece.capacity() <= FrameTranslator.HEADROOM + (1 + GROWTH) * piece.readableBytes()) {
            return piece;
        }
        ByteBuf smaller = copied(piece, 0);
        piece.release();
        return smaller;
    }

    /** Copies a piece of a frame into a buffer with headroom and room for more. */
    private ByteBuf copied(ByteBuf piece, int more) {
        int size = piece.readableBytes() + Math.max(more, GROWTH * piece.readableBytes());
        return source.channel()
                .alloc()
                .ioBuffer(FrameTranslator.HEADROOM + size)
                .setIndex(FrameTranslator.HEADROOM, FrameTranslator.HEADROOM)
                .writeBytes(piece);
    }

    /** Releases what has been kept. Called when the source has ended. */
    void discard() {
        ByteBuf kept = rest;
        if (kept != null) {
            rest = null;
            kept.release();
        }
    }

    /** Called when the source has ended its stream. */
    void end() {
        target.passEnd();
    }

    /** Returns the data in a buffer with headroom, which data decrypted by TLS or received with the handshake lacks. */
    private ByteBuf roomy(ByteBuf read) {
        if (read.readerIndex() >= FrameTranslator.HEADROOM && read.nioBufferCount() == 1 && read.refCnt() == 1) {
            return read;
        }
        int most = FrameTranslator.HEADROOM + read.readableBytes();
        ByteBuf bytes = source.channel().alloc().ioBuffer(most, most);
        bytes.setIndex(FrameTranslator.HEADROOM, FrameTranslator.HEADROOM);
        bytes.writeBytes(read);
        read.release();
        return bytes;
    }

    private void holdIfFull() {
        if (!held && full()) {
            hold(true);
            if (!full()) {
                hold(false); // it became writable in the meantime, and may not report it again
            }
        }
    }

    /**
     * Returns whether the target has no room. A target that accepts nothing more does not count: the rest is dropped.
     */
    private boolean full() {
        return !target.hasRoom() && target.takes() && source.open();
    }

    /** Resumes reading if the target has room again or accepts nothing more. Called on any thread. */
    void release() {
        source.run(() -> {
            if (held) {
                hold(false);
                holdIfFull();
            }
        });
    }

    private void hold(boolean hold) {
        held = hold;
        source.channel().config().setAutoRead(!hold);
        source.receiver().reading(!hold);
    }
}
