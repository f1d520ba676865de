package io.github.wsbridge.netty;

import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/**
 * One direction of a bridge between two channels: what is read from one is rewritten in place and written to the other, one
 * write for each read. While the other takes no more, the one is not read. Belongs to the event loop of its source, which is
 * the target's too unless one of them could not be moved.
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

    /** Reads on from now on, as long as the target takes it. */
    void open() {
        if (!held) { // by what had been read before
            source.channel().config().setAutoRead(true);
            holdIfFull();
        }
    }

    /** Passes on what has been read, and takes it over. */
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

    /** Nothing more comes from the source. */
    void end() {
        target.run(target::passEnd);
    }

    /** What TLS has decrypted and what came with the handshake has no room before it. */
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
                hold(false); // it has changed in the meantime, and may not say so again
            }
        }
    }

    /** Whether the target has no room. Once it takes nothing any more, there is nothing to hold back: the rest is dropped. */
    private boolean full() {
        return !target.channel().isWritable() && target.takes() && source.open();
    }

    /** Reads on if the target takes more again, or is of no interest any more. Called on any thread. */
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
