package io.github.wsbridge.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pauses after a connection could not be accepted, most likely because no file descriptors are left, and says so once.
 * Confined to the listening channel's loop.
 */
final class PatientAccepts extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(PatientAccepts.class);
    private static final int PAUSE_MILLIS = 100;

    private boolean told;

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        told = false;
        context.fireChannelRead(accepted);
    }

    @Override
    @SuppressWarnings("deprecation") // as in ChannelInboundHandler
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!told) {
            told = true;
            log.warn(
                    "The server at {} cannot accept connections and keeps trying: {}",
                    context.channel().localAddress(),
                    cause.toString());
        }
        context.channel().config().setAutoRead(false);
        context.executor()
                .schedule(() -> context.channel().config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
}
