package io.github.wsbridge.website;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One direction of two joined channels of the same event loop: bytes pass as they come, and reading waits while the
 * other channel is not writable.
 */
final class RawRelay extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(RawRelay.class);

    private final Channel other;

    private RawRelay(Channel other) {
        this.other = other;
    }

    /**
     * Joins two channels.
     *
     * @param one a channel
     * @param between the handlers of {@code one} to remove, those nearest to the end first, so that what they still
     *     hold passes in order
     * @param two the other channel
     * @param behind the same of {@code two}
     */
    static void join(Channel one, Iterable<ChannelHandler> between, Channel two, Iterable<ChannelHandler> behind) {
        one.pipeline().addLast(new RawRelay(two));
        two.pipeline().addLast(new RawRelay(one));
        between.forEach(one.pipeline()::remove);
        behind.forEach(two.pipeline()::remove);
        if (!one.isActive() || !two.isActive()) {
            one.close();
            two.close();
            return;
        }
        one.read();
        two.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf) {
            other.write(message);
        } else { // what came before the protocol had changed
            ReferenceCountUtil.release(message);
            ctx.close();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        other.flush();
        if (other.isWritable()) {
            ctx.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            other.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (other.isActive()) {
            other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("An upgraded connection has failed: {}", ctx.channel(), cause);
        ctx.close();
    }
}
