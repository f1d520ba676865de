package io.github.wsbridge.netty;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.core.WebSocketKey;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.URI;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The first part of an outgoing connection: the request, and the answer that makes a leg of it. */
final class ClientHandshake extends ChannelInboundHandlerAdapter {

    private final Connector.Target target;
    private final CompletableFuture<Leg> leg;
    private final String key = WebSocketKey.random();
    private boolean answered;

    /** A handshake that completes {@code leg}. */
    ClientHandshake(Connector.Target target, CompletableFuture<Leg> leg) {
        this.target = target;
        this.leg = leg;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.writeAndFlush(
                ByteBufUtil.encodeString(context.alloc(), CharBuffer.wrap(request()), StandardCharsets.ISO_8859_1));
        context.read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!answered) {
            context.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse response && !answered) {
            answered = true;
            if (verify(context, response)) {
                open(context, response);
            }
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    private boolean verify(ChannelHandlerContext context, HttpResponse response) {
        if (response.decoderResult().isFailure()) {
            fail(context, new IOException("not an HTTP/1.1 answer"));
            return false;
        }
        HttpHeaders fields = response.headers();
        int status = response.status().code();
        if (status != 101) {
            fail(
                    context,
                    status < 100 || status > 599
                            ? new IOException("not an HTTP/1.1 answer")
                            : new HandshakeException(status));
            return false;
        }
        String protocol = protocol(fields);
        if (!fields.containsValue(HttpHeaderNames.UPGRADE, "websocket", true)
                || !fields.containsValue(HttpHeaderNames.CONNECTION, "Upgrade", true)
                || !WebSocketKey.accept(key).equals(fields.get(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT))
                || fields.contains(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS)
                || !protocol.isEmpty() && !protocol.equals(target.subprotocol())) {
            fail(context, new IOException("not a WebSocket handshake"));
            return false;
        }
        return true;
    }

    private static String protocol(HttpHeaders fields) {
        return fields.get(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, "");
    }

    private void open(ChannelHandlerContext context, HttpResponse response) {
        NettyLeg opened = new NettyLeg(context.channel(), true, protocol(response.headers()));
        context.pipeline().replace(this, null, opened);
        context.pipeline().remove(HttpResponseDecoder.class); // passes on what it holds beyond the answer
        if (!leg.complete(opened)) {
            opened.abort(); // nobody waits for it any more
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        fail(context, new IOException("the connection was closed in the handshake"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Throwable why = cause.getCause() instanceof IOException inner ? inner : cause;
        fail(context, why instanceof IOException e ? e : new IOException("the handshake failed", cause));
    }

    private void fail(ChannelHandlerContext context, IOException failure) {
        leg.completeExceptionally(failure);
        context.channel().unsafe().close(context.voidPromise());
    }

    private String request() {
        URI uri = target.uri();
        String path = uri.getRawPath();
        StringBuilder text = new StringBuilder("GET ")
                .append(path == null || path.isEmpty() ? "/" : path)
                .append(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                .append(" HTTP/1.1\r\nHost: ")
                .append(uri.getHost())
                .append(uri.getPort() < 0 ? "" : ":" + uri.getPort())
                .append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                        + "\r\nSec-WebSocket-Key: ")
                .append(key)
                .append("\r\n");
        if (!target.subprotocol().isEmpty()) {
            text.append("Sec-WebSocket-Protocol: ").append(target.subprotocol()).append("\r\n");
        }
        for (Map.Entry<String, String> field : target.headers().entrySet()) {
            text.append(field.getKey()).append(": ").append(field.getValue()).append("\r\n");
        }
        return text.append("\r\n").toString();
    }
}
