package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The opening handshake of an outgoing connection, which turns it into a leg. */
final class ClientHandshake extends ChannelInboundHandlerAdapter {

    private final ClientUpgrade upgrade;
    private final CompletableFuture<Leg> leg;
    private String protocol = "";
    private boolean answered;

    /** Creates a handshake that completes {@code leg}. */
    ClientHandshake(ClientUpgrade upgrade, CompletableFuture<Leg> leg) {
        this.upgrade = upgrade;
        this.leg = leg;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.writeAndFlush(Unpooled.wrappedBuffer(upgrade.request()));
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
                open(context);
            }
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    private boolean verify(ChannelHandlerContext context, HttpResponse response) {
        if (response.decoderResult().isFailure()) {
            fail(context, new IOException("not an HTTP/1.1 response"));
            return false;
        }
        try {
            protocol = upgrade.agreed(
                    response.status().code(),
                    name -> List.copyOf(response.headers().getAll(name)));
            return true;
        } catch (IOException e) {
            fail(context, e);
            return false;
        }
    }

    private void open(ChannelHandlerContext context) {
        NettyLeg opened = new NettyLeg(context.channel(), true, protocol);
        context.pipeline().replace(this, null, opened);
        context.pipeline().remove(HttpResponseDecoder.class); // passes on the bytes after the response
        if (!leg.complete(opened)) {
            opened.abort(); // the caller has given up
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        fail(context, new IOException("the connection was closed during the handshake"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Throwable why = cause.getCause() instanceof IOException inner ? inner : cause;
        fail(context, why instanceof IOException e ? Tls.explained(e) : new IOException("the handshake failed", cause));
    }

    private void fail(ChannelHandlerContext context, IOException failure) {
        leg.completeExceptionally(failure);
        context.channel().unsafe().close(context.voidPromise());
    }
}
