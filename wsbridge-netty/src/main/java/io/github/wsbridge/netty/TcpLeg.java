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
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NotYetConnectedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg on a plain connection, as {@link io.github.wsbridge.spi.StreamTransport} describes it.
 *
 * <p>A normal close sends a FIN after the data, and discards received data for up to five seconds, so that unread bytes
 * do not turn the close into a reset. A slow peer has no deadline unless it reads nothing for fifteen minutes: a close
 * frame can be sent again, but the last bytes of a stream cannot.
 */
final class TcpLeg extends ChannelLeg {

    /** The maximum size of a fragment, which suits every transport. */
    static final int FRAGMENT = 16 * 1024;

    static final int LINGER_SECONDS = 5;
    static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private static final Logger log = LoggerFactory.getLogger(TcpLeg.class);
    private static final int BINARY_FRAME = 0x80 | Frames.BINARY;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Consumer<@Nullable Loop> follows;
    private boolean inputEnded; // FIN received
    private boolean inputTold; // whether the FIN was passed on
    private volatile boolean outputEnded; // no more data is written
    private boolean outputShut; // FIN sent
    private boolean lingering;

    // Used by the sender, not by the loop.
    private boolean filled; // whether the current message has any payload
    private boolean finished; // whether the half-close message was sent

    /**
     * Creates a leg on a connected channel; the channel's loop adds it to the pipeline.
     *
     * @param follows told which loop the leg moves to because it is joined with something there; null if otherwise
     */
    TcpLeg(Channel channel, Consumer<@Nullable Loop> follows) {
        super(channel);
        this.follows = follows;
    }

    @Override
    void followed(@Nullable Loop loop) {
        follows.accept(loop);
    }

    @Override
    public String subprotocol() {
        return "";
    }

    @Override
    public boolean takes() {
        return open() && !outputEnded;
    }

    @Override
    @Nullable
    Rewriter rewritingFor(TransferTarget target) {
        if (target instanceof NettyLeg to) {
            return new Frame(to.writer());
        }
        return target.framed() || target instanceof ChannelLeg ? null : Rewriter.NONE;
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
            bytes.release(); // too late
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
            inputTold = closing != null; // there is no peer to report it to
        }
    }

    @Override
    void settle() {
        if (gone && !wanted) {
            vanished("connection reset"); // the data is worthless to a bridge that is not established
            return;
        }
        if (!dropped && (unread != null || inputEnded && !inputTold)) {
            if (gone) {
                keepUnread();
            }
            return; // until there is demand
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
            return LegWriter.failed();
        }
        ByteBuffer payload = fragment.payload();
        if (finished) { // a caller's error, which must not end the other direction
            payload.position(payload.limit());
            return SENT;
        }
        CompletionStage<Void> sent = SENT;
        if (payload.hasRemaining()) {
            filled = true;
            int size = payload.remaining();
            sent = output.send(channel.alloc().ioBuffer(size, size).writeBytes(payload));
        }
        if (fragment.last()) {
            if (!filled && fragment.kind() == Fragment.Kind.BINARY) {
                finished = true;
                run(this::sendEnd);
            }
            filled = false;
        }
        return sent;
    }

    @Override
    void writable() {
        output.writable();
    }

    @Override
    void failSends() {
        output.failWaiting();
    }

    /** Sends a FIN after the data written so far. */
    @Override
    void sendEnd() {
        if (!outputEnded && !gone) {
            outputEnded = true;
            releaseIncoming(); // any further data is dropped
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
        if (!inputTold) { // otherwise the channel is closed now, which sends the FIN
            sendFin();
        }
        outputShut = true;
        lingerIfClosing();
        turn();
    }

    /**
     * Nothing waits to be written, so the socket is enough; the channel would create an exception with a stack trace.
     */
    private void sendFin() {
        if (channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
            try {
                socket.shutdown(false, true);
            } catch (IOException | NotYetConnectedException e) {
                log.debug("The connection ended before its output", e);
            }
        } else {
            ((DuplexChannel) channel).shutdownOutput();
        }
    }

    /** Answers for the peer: if it is dead, TCP keepalive ends the connection. */
    @Override
    public void ping() {
        run(() -> {
            if (!gone) {
                receiver.pong();
            }
        });
    }

    // The end

    @Override
    public void close(CloseReason reason) {
        run(() -> {
            if (closing != null || ended != null) {
                return;
            }
            closing = reason;
            if (inGoodOrder(reason) || outputEnded && inputTold) { // both streams are complete
                sendEnd();
                if (transfer != null) {
                    transfer.release(); // to read and discard the rest
                }
                lingerIfClosing();
                turn();
                if (!gone) {
                    var patience = new CloseDeadline(
                            channel.eventLoop(), output::unwritten, () -> run(this::drop), PATIENCE, FOR_EVER);
                    patience.start();
                    channel.closeFuture().addListener(closed -> patience.stop());
                }
            } else {
                drop();
            }
        });
    }

    private static boolean inGoodOrder(CloseReason reason) {
        return reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS;
    }

    /**
     * Reads and discards data for a while: unread bytes would turn the close into a reset, and the peer might lose
     * data.
     */
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

    /** Closes with a reset. */
    @Override
    void cut() {
        if (channel.isOpen()) {
            try {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            } catch (ChannelException e) {
                log.debug("Closing without a reset", e);
            }
        }
        super.cut();
    }

    /** Turns the bytes of a read into one binary message. */
    private record Frame(FrameWriter writer) implements Rewriter {
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
