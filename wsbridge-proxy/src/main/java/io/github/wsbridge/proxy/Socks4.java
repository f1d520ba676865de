package io.github.wsbridge.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.socksx.v4.DefaultSocks4CommandResponse;
import io.netty.handler.codec.socksx.v4.Socks4CommandStatus;
import io.netty.handler.codec.socksx.v4.Socks4ServerEncoder;
import io.netty.util.ReferenceCountUtil;

/** SOCKS 4, and so 4a: always refused, since version 5 is as old and says why something failed. */
final class Socks4 extends Dialect {

    static final byte VERSION = 4;

    private boolean answered;

    static Dialect on(EmbeddedChannel channel) {
        Socks4 dialect = new Socks4();
        channel.pipeline().addLast(Socks4ServerEncoder.INSTANCE, dialect);
        return dialect;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
        if (!answered) {
            answered = true;
            context.writeAndFlush(new DefaultSocks4CommandResponse(Socks4CommandStatus.REJECTED_OR_FAILED));
            context.fireChannelRead(Refusal.notAllowed("the client speaks SOCKS 4; use version 5"));
        }
    }

    @Override
    void grant(EmbeddedChannel channel) {
        throw new IllegalStateException("always refused");
    }

    @Override
    void refuse(EmbeddedChannel channel, Refusal why) {
        throw new IllegalStateException("refused before");
    }
}
