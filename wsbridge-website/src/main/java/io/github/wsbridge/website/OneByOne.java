package io.github.wsbridge.website;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Delivers one decoded message for each read, without recursion if the next read comes while a message is delivered.
 * What a decoder has made of one read of the transport waits here, so it is bounded by that. When the channel ends or
 * this handler is removed, what waits is delivered first: nothing gets lost.
 */
final class OneByOne extends ChannelDuplexHandler {

    private final Queue<Object> waiting = new ArrayDeque<>();
    private boolean wanted;
    private boolean delivering;

    @Override
    public void read(ChannelHandlerContext ctx) {
        wanted = true;
        deliver(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        waiting.add(message);
        deliver(ctx);
    }

    private void deliver(ChannelHandlerContext ctx) {
        if (delivering) {
            return;
        }
        delivering = true;
        try {
            while (wanted && !waiting.isEmpty()) {
                wanted = false;
                ctx.fireChannelRead(waiting.remove());
            }
        } finally {
            delivering = false;
        }
        if (wanted) {
            ctx.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        deliverAll(ctx);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        deliverAll(ctx);
    }

    private void deliverAll(ChannelHandlerContext ctx) {
        delivering = true; // whatever is read meanwhile comes from here
        while (!waiting.isEmpty()) {
            ctx.fireChannelRead(waiting.remove());
        }
        delivering = false;
        ctx.fireChannelReadComplete();
    }
}
