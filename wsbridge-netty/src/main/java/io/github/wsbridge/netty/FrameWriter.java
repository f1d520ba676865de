package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.MaskKeys;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a leg's own frames to its channel: fragments, control frames and the close frame. Confined to the channel's
 * loop.
 */
final class FrameWriter {

    private static final int FIN = 0x80;

    private final Channel channel;
    private final LegWriter output;
    private final boolean client;
    private final boolean secure;
    private final BooleanSupplier takes;
    // whether the last fragment did not end its message; used by the sender, not by the loop
    private boolean midMessage;
    private byte @Nullable [] owedPong;
    private boolean unflushed; // whether a pong has been written but not flushed
    private boolean closeSent;

    /**
     * Creates a writer for a channel.
     *
     * @param client whether frames are masked
     * @param secure whether the channel uses TLS
     * @param takes whether fragments are still accepted; called on any thread
     */
    FrameWriter(Channel channel, LegWriter output, boolean client, boolean secure, BooleanSupplier takes) {
        this.channel = channel;
        this.output = output;
        this.client = client;
        this.secure = secure;
        this.takes = takes;
    }

    /** Returns whether frames are masked. */
    boolean client() {
        return client;
    }

    /**
     * Returns the next masking key: unpredictable unless TLS hides the frames from proxies (RFC 6455, section 10.3).
     */
    int maskKey() {
        return client && !secure ? MaskKeys.next() : 0;
    }

    /** Sends a fragment. Called on any thread. */
    CompletionStage<Void> send(Fragment fragment) {
        if (!takes.getAsBoolean()) {
            return LegWriter.failed();
        }
        int opcode =
                midMessage ? Frames.CONTINUATION : fragment.kind() == Fragment.Kind.TEXT ? Frames.TEXT : Frames.BINARY;
        midMessage = !fragment.last();
        ByteBuf frame = frame(opcode | (fragment.last() ? FIN : 0), fragment.payload());
        return output.send(frame);
    }

    /** Called when the channel is writable again. */
    void writable() {
        byte[] pong = owedPong;
        if (pong != null) {
            owedPong = null;
            control(Frames.PONG, pong);
        }
        output.writable();
    }

    /** Sends the half-close message. */
    void finish() {
        if (!closeSent && !output.gone() && takes.getAsBoolean()) {
            channel.writeAndFlush(frame(Frames.BINARY | FIN, ByteBuffer.allocate(0)), channel.voidPromise());
        }
    }

    /** Answers a ping, with the next {@link #flush} or when the channel is writable. */
    void answer(byte[] ping) {
        if (!channel.isWritable()) {
            flush();
        }
        if (channel.isWritable()) {
            if (!closeSent && !output.gone()) {
                channel.write(frame(Frames.PONG | FIN, ByteBuffer.wrap(ping)), channel.voidPromise());
                unflushed = true;
            }
        } else {
            owedPong = ping; // the latest is enough (RFC 6455, section 5.5.3)
        }
    }

    /**
     * Flushes all pongs of a read together. With one flush for each, a flood of pings would starve the loop's other
     * channels.
     */
    void flush() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /**
     * Sends a control frame, unless the channel is not writable: queued after blocked data it would be useless.
     */
    void controlIfRoom(int opcode, byte[] payload) {
        if (channel.isWritable()) {
            control(opcode, payload);
        }
    }

    /** Sends the close frame, after which nothing is sent; returns false if it was sent before or cannot be. */
    boolean close(CloseReason reason) {
        if (closeSent || output.gone()) {
            return false;
        }
        control(Frames.CLOSE, Frames.closePayload(reason));
        closeSent = true;
        return true;
    }

    private void control(int opcode, byte[] payload) {
        if (!closeSent && !output.gone()) {
            channel.writeAndFlush(frame(opcode | FIN, ByteBuffer.wrap(payload)), channel.voidPromise());
        }
    }

    /** Sends the first flushed bytes of another channel as one message: copied once, and masked on the way. */
    void send(ChannelOutboundBuffer from, int length) throws Exception {
        int most = length + Frames.overhead();
        ByteBuf frame = channel.alloc().ioBuffer(most, most);
        ByteBuffer out = frame.internalNioBuffer(0, most);
        int begin = out.position();
        int key = maskKey();
        Frames.writeHeader(out, Frames.BINARY | FIN, length, client, key);
        Gathering gathering = new Gathering(out, length, client ? key : 0);
        from.forEachFlushedMessage(gathering);
        channel.writeAndFlush(frame.writerIndex(out.position() - begin), channel.voidPromise());
    }

    /** Copies a number of bytes into a frame. */
    private static final class Gathering implements ChannelOutboundBuffer.MessageProcessor {
        private final ByteBuffer out;
        private int left;
        private int key;

        Gathering(ByteBuffer out, int left, int key) {
            this.out = out;
            this.left = left;
            this.key = key;
        }

        @Override
        public boolean processMessage(Object message) {
            ByteBuf next = (ByteBuf) message;
            int run = Math.min(left, next.readableBytes());
            key = Frames.append(out, next.nioBuffer(next.readerIndex(), run), key);
            left -= run;
            return left > 0;
        }
    }

    private ByteBuf frame(int first, ByteBuffer payload) {
        int most = payload.remaining() + Frames.overhead();
        ByteBuf frame = channel.alloc().ioBuffer(most, most);
        ByteBuffer out = frame.internalNioBuffer(0, most);
        int before = out.position();
        Frames.write(out, first, payload, client, maskKey());
        return frame.writerIndex(out.position() - before);
    }
}
