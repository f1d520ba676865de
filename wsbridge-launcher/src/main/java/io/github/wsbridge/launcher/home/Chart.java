package io.github.wsbridge.launcher.home;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.concurrent.Future;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends a temperature, five times a second, to a browser that has opened a WebSocket; the first message also has those
 * of the last half minute. Confined to its event loop.
 */
final class Chart extends SimpleChannelInboundHandler<WebSocketFrame> {

    private static final int PERIOD_MILLIS = 200;
    private static final int BEFORE = 150;

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
                    "{\"step\":" + step + ",\"celsius\":" + celsius(step) + (step == 1 ? before() : "") + "}"));
        }
    }

    private static String before() {
        return IntStream.rangeClosed(1 - BEFORE, 0)
                .mapToObj(Chart::celsius)
                .collect(Collectors.joining(",", ",\"before\":[", "]"));
    }

    private static String celsius(int step) {
        double value = 42 + 6 * Math.sin(step / 17.0) + 2.5 * Math.sin(step / 5.3) + 0.8 * Math.sin(step * 1.7);
        return String.format(Locale.ROOT, "%.2f", value);
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
