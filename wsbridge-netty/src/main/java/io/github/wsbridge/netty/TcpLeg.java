package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg on a plain connection. What arrives is a sequence of binary messages that begin and end anywhere; what is sent, binary
 * or text, arrives as its bytes. A FIN is the half-close message of {@code wsbridge.v1}, an empty binary one, in both
 * directions. When both have ended, so has the leg, with 1000. Any other end is a reset: one that comes is told as
 * {@link CloseReason#VANISHED}, and a close with another code than 1000 or none resets the connection.
 *
 * <p>A close in good order ends the output, reads on for five seconds at the most, and then lets the connection go. A peer that
 * does not read keeps what it was sent before for as long as TCP does, though not beyond fifteen minutes in which it takes
 * nothing.
 */
final class TcpLeg extends ChannelLeg {

    /** What a fragment holds at the most: that much suits every transport. */
    static final int FRAGMENT = 16 * 1024;

    static final int LINGER_SECONDS = 5;
    static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private static final Logger log = LoggerFactory.getLogger(TcpLeg.class);
    private static final int BINARY_FRAME = 0x80 | Frames.BINARY;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private boolean inputEnded; // the peer has ended its stream
    private boolean inputTold; // and that has been passed on
    private volatile boolean outputEnded; // nothing more is sent
    private boolean outputShut; // and the peer has been told
    private boolean lingering;

    // The sender's, not the loop's.
    private boolean filled; // whether the message under way holds anything
    private boolean finished; // whether the message that ends the stream has been sent

    /** A leg on a connected channel, whose loop adds it to the pipeline. */
    TcpLeg(Channel channel) {
        super(channel);
    }

    @Override
    public String subprotocol() {
        return "";
    }

    @Override
    boolean takes() {
        return open() && !outputEnded;
    }

    @Override
    @Nullable
    Rewriting rewritingFor(ChannelLeg target) {
        return target instanceof NettyLeg to ? new Frame(to.writer()) : null;
    }

    // Reading

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent || event instanceof ChannelInputShutdownReadComplete) {
            inputEnded = true;
            turn();
        }
    }

    @Override
    boolean consume() {
        ByteBuf bytes = unread;
        if (dropUnread()) {
            return false;
        }
        if (bytes == null) {
            tellEnd();
            return false;
        }
        if (closing != null) {
            unread = null;
            bytes.release(); // it comes too late
            return true;
        }
        Transfer to = transfer;
        if (to != null) {
            unread = null;
            to.pass(bytes);
            return true;
        }
        if (!demanded) {
            return false;
        }
        ByteBuffer payload = ByteBuffer.allocate(Math.min(bytes.readableBytes(), FRAGMENT));
        bytes.readBytes(payload);
        if (!bytes.isReadable()) {
            unread = null;
            bytes.release();
        }
        demanded = false;
        receiver.fragment(Fragment.binary(payload.flip()));
        return true;
    }

    private void tellEnd() {
        if (!inputEnded || inputTold) {
            return;
        }
        Transfer to = transfer;
        if (to != null) {
            inputTold = true;
            to.end();
        } else if (demanded) {
            demanded = false;
            inputTold = true;
            receiver.fragment(Fragment.binary(ByteBuffer.allocate(0)));
        } else {
            inputTold = closing != null; // nobody waits for it
        }
    }

    @Override
    void settle() {
        if (!dropped && (unread != null || inputEnded && !inputTold)) {
            if (gone) {
                keepUnread();
            }
            return; // waits for demand
        }
        if (gone) {
            if (inputTold && outputShut) {
                end(CloseReason.normal());
            } else {
                vanished("connection reset");
            }
        } else if (inputTold && outputShut) {
            channel.close();
        } else if (!inputEnded) {
            readOn();
        }
    }

    // Writing

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (!open()) {
            return Outlet.failed();
        }
        ByteBuffer payload = fragment.payload();
        if (finished) { // nothing more ought to come, and it is not the peer's fault if it does
            payload.position(payload.limit());
            return SENT;
        }
        CompletionStage<Void> sent = SENT;
        if (payload.hasRemaining()) {
            filled = true;
            int size = payload.remaining();
            sent = outlet.send(channel.alloc().ioBuffer(size, size).writeBytes(payload));
        }
        if (fragment.last()) {
            if (!filled && fragment.kind() == Fragment.Kind.BINARY) {
                finished = true;
                run(this::passEnd);
            }
            filled = false;
        }
        return sent;
    }

    @Override
    void writable() {
        outlet.writable();
    }

    @Override
    void failSends() {
        outlet.failWaiting();
    }

    /** Ends the output, behind what has been sent before. */
    @Override
    void passEnd() {
        if (!outputEnded && !gone) {
            outputEnded = true;
            releaseIncoming(); // what still comes is dropped
            flushed().addListener(flushed -> {
                if (flushed.isSuccess()) {
                    run(this::shutOutput);
                }
            });
        }
    }

    private void shutOutput() {
        if (gone) {
            return;
        }
        ((DuplexChannel) channel).shutdownOutput();
        outputShut = true;
        lingerIfClosing();
        turn();
    }

    /** A plain connection has no pings; TCP sees to it that a dead peer is noticed. */
    @Override
    public void ping() {}

    // The end

    @Override
    public void close(CloseReason reason) {
        run(() -> {
            if (closing != null || ended != null) {
                return;
            }
            closing = reason;
            if (inGoodOrder(reason) || outputEnded && inputTold) { // how it ends after that takes nothing away
                passEnd();
                if (transfer != null) {
                    transfer.release(); // so that what nobody wants any more is read
                }
                var patience = new CloseDeadline(
                        channel.eventLoop(), outlet::unwritten, () -> run(this::drop), PATIENCE, FOR_EVER);
                patience.start();
                channel.closeFuture().addListener(closed -> patience.stop());
                lingerIfClosing();
                turn();
            } else {
                drop();
            }
        });
    }

    private static boolean inGoodOrder(CloseReason reason) {
        return reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS;
    }

    /** What the peer still sends must be read: bytes that nobody reads make a reset of the close, and cost it what it was sent. */
    private void lingerIfClosing() {
        if (closing != null && outputShut && !inputEnded && !lingering) {
            lingering = true;
            var deadline = channel.eventLoop().schedule(() -> run(this::leave), LINGER_SECONDS, TimeUnit.SECONDS);
            channel.closeFuture().addListener(closed -> deadline.cancel(false));
        }
    }

    private void leave() {
        dropped = true;
        channel.close();
    }

    /** Makes a reset of the close. */
    @Override
    void cut() {
        if (channel.isOpen()) {
            try {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            } catch (ChannelException e) {
                log.debug("A connection ends without a reset", e);
            }
        }
        super.cut();
    }

    /** What is read becomes one binary message. */
    private record Frame(FrameWriter writer) implements Rewriting {
        @Override
        public long rewrite(ByteBuf bytes) {
            int length = bytes.readableBytes();
            int from = bytes.readerIndex() - FrameTranslator.HEADROOM;
            ByteBuffer window = bytes.internalNioBuffer(from, FrameTranslator.HEADROOM + length);
            int start = window.position() + FrameTranslator.HEADROOM;
            int begin = Frames.wrap(window, start, start + length, BINARY_FRAME, writer.client(), writer.maskKey());
            bytes.readerIndex(from + begin - (start - FrameTranslator.HEADROOM));
            return length;
        }
    }
}
