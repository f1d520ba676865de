package io.github.wsbridge.launcher.home;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.concurrent.Future;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends a temperature, five times a second, to a browser that has opened a WebSocket. Confined to its event loop. */
final class Chart extends SimpleChannelInboundHandler<WebSocketFrame> {

    private static final int PERIOD_MILLIS = 200;

    private final Journal journal;
    private @Nullable Future<?> sending;
    private int step;

    Chart(Journal journal) {
        this.journal = journal;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete) {
            journal.write("a browser watches the temperature");
            sending = context.executor()
                    .scheduleAtFixedRate(() -> send(context), 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
        super.userEventTriggered(context, event);
    }

    private void send(ChannelHandlerContext context) {
        step++;
        if (context.channel().isWritable()) { // otherwise the browser does not read, and this value is lost
            context.writeAndFlush(new TextWebSocketFrame(
                    String.format(Locale.ROOT, "{\"step\":%d,\"celsius\":%.2f}", step, celsius(step))));
        }
    }

    private static double celsius(int step) {
        return 42 + 6 * Math.sin(step / 17.0) + 2.5 * Math.sin(step / 5.3) + 0.8 * Math.sin(step * 1.7);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
        // the page sends nothing that matters
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        if (sending != null) {
            sending.cancel(false);
        }
        super.channelInactive(context);
    }
}
