package io.github.wsbridge.website;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bytes of a WebSocket's binary messages, whatever their boundaries. A text message is the terminal's size, as in
 * {@code 80x24}.
 */
final class FrameBytes extends MessageToMessageCodec<WebSocketFrame, ByteBuf> {

    private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,2})x([1-9]\\d{0,2})");

    /** Takes the terminal's size. */
    interface Resizing {
        void resize(int columns, int rows);
    }

    private final Resizing resizing;

    FrameBytes(Resizing resizing) {
        super(WebSocketFrame.class, ByteBuf.class);
        this.resizing = resizing;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, WebSocketFrame frame, List<Object> out) {
        if (frame instanceof CloseWebSocketFrame) {
            ctx.writeAndFlush(frame.retain()).addListener(ChannelFutureListener.CLOSE);
        } else if (frame instanceof PingWebSocketFrame) {
            if (ctx.channel().isWritable()) { // otherwise pongs that nobody takes would pile up
                ctx.writeAndFlush(new PongWebSocketFrame(frame.content().retain()));
            }
        } else if (frame instanceof TextWebSocketFrame text) {
            Matcher size = SIZE.matcher(text.text());
            if (text.isFinalFragment() && size.matches()) {
                resizing.resize(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)));
            } else {
                ctx.close();
            }
        } else if (!(frame instanceof PongWebSocketFrame)) {
            out.add(frame.content().retain());
        }
    }

    @Override
    protected void encode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out) {
        out.add(new BinaryWebSocketFrame(bytes.retain()));
    }
}
