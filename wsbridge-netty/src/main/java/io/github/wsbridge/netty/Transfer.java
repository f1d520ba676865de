package io.github.wsbridge.netty;

import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/**
 * One direction of a bridge between two channels. Data read from the source is rewritten in place and written to the
 * target, with one write per read. The source is not read while the target is not writable. Confined to the source's
 * event loop, which is also the target's unless a move failed.
 */
final class Transfer {

    private final ChannelLeg source;
    private final ChannelLeg target;
    private final Rewriter rewriting;
    private boolean held;

    Transfer(ChannelLeg source, ChannelLeg target, Rewriter rewriting) {
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
        ByteBuf bytes = roomy(read);
        long carried = rewriting.rewrite(bytes);
        if (bytes.isReadable() && target.takes()) {
            Channel out = target.channel();
            out.writeAndFlush(bytes, out.voidPromise());
        } else {
            bytes.release();
        }
        if (rewriting.ended()) {
            end();
        }
        holdIfFull();
        source.receiver().transferred(carried);
    }

    /** Called when the source has ended its stream. */
    void end() {
        target.run(target::passEnd);
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
        return !target.channel().isWritable() && target.takes() && source.open();
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
