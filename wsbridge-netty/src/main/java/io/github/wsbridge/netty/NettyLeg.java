package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.Heartbeat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A WebSocket leg on a channel. It answers pings without demand, unless received data is waiting for demand. */
final class NettyLeg extends ChannelLeg implements FrameTranslator.Controls {

    private static final int LINGER_SECONDS = 2;
    private static final byte[] NOTHING = {};

    private final boolean client;
    private final String subprotocol;
    private final FrameTranslator frames;
    private final FrameWriter writer;

    /**
     * Creates a leg on a channel whose handshake is done; the channel's loop adds it to the pipeline.
     *
     * @param client whether this end is the WebSocket client, which masks
     */
    NettyLeg(Channel channel, boolean client, String subprotocol) {
        super(channel);
        this.client = client;
        this.subprotocol = subprotocol;
        this.frames = new FrameTranslator(!client, this, secure ? 0 : FrameTranslator.PIECE);
        this.writer = new FrameWriter(channel, output, client, secure, this::takes);
    }

    boolean client() {
        return client;
    }

    FrameWriter writer() {
        return writer;
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    @Nullable
    Rewriter rewritingFor(TransferTarget target) {
        if (!(target instanceof NettyLeg to)) {
            return target.framed() ? null : new Strip(frames);
        }
        // Between two clients, frames would have to be masked and thus grow, so such legs exchange fragments.
        return client && to.client ? null : new Translate(frames, !client && !to.client);
    }

    // Reading

    @Override
    boolean consume() {
        if (dropUnread() || unread == null && !frames.withheld()) {
            return false;
        }
        ByteBuf bytes =
                unread == null ? Unpooled.EMPTY_BUFFER : unread; // an empty frame may be waiting with no bytes after it
        Transfer to = transfer;
        // A failed write of a pong closes the channel, and closed() must not process these bytes.
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
        if (demanded) { // otherwise the leg is closing and discards it
            demanded = false;
            receiver.fragment(fragment);
        }
        return true;
    }

    @Override
    void settle() {
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
            vanished("the connection was lost");
            return;
        }
        readOn();
    }

    @Override
    public void onPing(byte[] payload) {
        writer.answer(payload);
    }

    @Override
    public void onPong(byte[] payload) {
        receiver.pong(payload);
    }

    // Writing

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        return writer.send(fragment);
    }

    @Override
    void writable() {
        writer.writable();
    }

    @Override
    public boolean framed() {
        return true;
    }

    @Override
    void sendEnd() {
        writer.finish();
    }

    @Override
    public void ping() {
        run(() -> writer.controlIfRoom(Frames.PING, NOTHING));
    }

    @Override
    public void heartbeat(Duration next) {
        run(() -> writer.controlIfRoom(Frames.PONG, Heartbeat.payload(next)));
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
            var deadline = new CloseDeadline(channel.eventLoop(), output::unwritten, () -> run(this::drop));
            deadline.start();
            channel.closeFuture().addListener(closed -> deadline.stop());
        }
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
        sendClose(new CloseReason(frames.violationCode(), how));
        if (!gone) {
            // The peer may still be sending, so closing now would cause a reset, which could overtake the close frame.
            flushed().addListener(flushed -> ((DuplexChannel) channel).shutdownOutput());
            dropAfter(LINGER_SECONDS);
        }
        end(CloseReason.vanished("broke the protocol: " + how)); // the other end is not at fault
    }

    /** Ends the connection once both close frames have been sent. The server closes it (RFC 6455, section 7.1.1). */
    private void part() {
        if (client) {
            dropAfter(LINGER_SECONDS);
        } else {
            flushed().addListener(flushed -> channel.close());
        }
    }

    @Override
    void failSends() {
        output.failWaiting();
    }

    /** Translates frames for another WebSocket. */
    private record Translate(FrameTranslator frames, boolean unmask) implements Rewriter {
        @Override
        public long rewrite(ByteBuf bytes) {
            long before = frames.carried();
            int start = bytes.readerIndex();
            int from = start - FrameTranslator.HEADROOM;
            ByteBuffer window = bytes.internalNioBuffer(from, bytes.readableBytes() + FrameTranslator.HEADROOM);
            int shift = window.position() - from;
            long out = frames.translate(window, start + shift, bytes.writerIndex() + shift, unmask);
            bytes.setIndex((int) (out >>> 32) - shift, (int) out - shift);
            return frames.carried() - before;
        }

        @Override
        public int left() {
            return frames.left();
        }
    }

    /** Turns frames into a stream of bytes. */
    private record Strip(FrameTranslator frames) implements Rewriter {
        @Override
        public long rewrite(ByteBuf bytes) {
            long before = frames.carried();
            int start = bytes.readerIndex();
            ByteBuffer window = bytes.internalNioBuffer(start, bytes.readableBytes());
            int shift = window.position() - start;
            long out = frames.strip(window, start + shift, bytes.writerIndex() + shift);
            bytes.setIndex((int) (out >>> 32) - shift, (int) out - shift);
            return frames.carried() - before;
        }

        @Override
        public boolean ended() {
            return frames.finished();
        }
    }
}
