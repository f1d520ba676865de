package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.net.Reasons;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.github.wsbridge.wire.websocket.Refusal;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The opening handshake of an outgoing connection, which turns it into a leg. */
final class ClientHandshake extends ChannelInboundHandlerAdapter {

    /** How long a server may take to say why it refuses, after the status. */
    private static final int WORDS_SECONDS = 1;

    private final ClientUpgrade upgrade;
    private final CompletableFuture<Leg> leg;
    private String protocol = "";
    private boolean answered;
    private @Nullable HttpResponse refusal;
    private ByteBuffer words = ByteBuffer.allocate(0);

    /** Creates a handshake that completes {@code leg}. */
    ClientHandshake(ClientUpgrade upgrade, CompletableFuture<Leg> leg) {
        this.upgrade = upgrade;
        this.leg = leg;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        if (context.channel().isActive()) {
            start(context);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        start(context);
    }

    private void start(ChannelHandlerContext context) {
        context.writeAndFlush(Unpooled.wrappedBuffer(upgrade.request()));
        context.read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!answered || refusal != null) {
            context.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse response && !answered) {
            answered = true;
            int status = response.status().code();
            if (response.decoderResult().isSuccess() && status != 101 && status >= 100 && status <= 599) {
                refused(context, response);
            } else if (verify(context, response)) {
                open(context);
            }
        } else {
            if (refusal != null && message instanceof HttpContent content) {
                listen(context, content);
            }
            ReferenceCountUtil.release(message);
        }
    }

    private void refused(ChannelHandlerContext context, HttpResponse response) {
        refusal = response;
        words = ByteBuffer.allocate(Refusal.MOST_BYTES);
        if (Refusal.speaks(fields(response))) {
            context.executor().schedule(() -> fail(context, heard(response)), WORDS_SECONDS, TimeUnit.SECONDS);
        } else {
            fail(context, heard(response));
        }
    }

    private void listen(ChannelHandlerContext context, HttpContent content) {
        int more = Math.min(content.content().readableBytes(), words.remaining());
        content.content().readBytes(words.slice().limit(more));
        words.position(words.position() + more);
        HttpResponse response = refusal;
        if (response != null && (content instanceof LastHttpContent || !words.hasRemaining())) {
            fail(context, heard(response));
        }
    }

    private IOException heard(HttpResponse response) {
        return Refusal.of(
                response.status().code(), fields(response), words.duplicate().flip());
    }

    private static Headers fields(HttpResponse response) {
        return name -> List.copyOf(response.headers().getAll(name));
    }

    private boolean verify(ChannelHandlerContext context, HttpResponse response) {
        if (response.decoderResult().isFailure()) {
            fail(context, new IOException("not an HTTP/1.1 response"));
            return false;
        }
        try {
            protocol = upgrade.agreed(response.status().code(), fields(response));
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
        HttpResponse response = refusal;
        fail(context, response == null ? upgrade.cutOff() : heard(response));
    }

    /** Netty reports a timeout of TLS only in this way. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent tls
                && !tls.isSuccess()
                && !(tls.cause().getCause() instanceof ProxyConnectException)) { // which follows as an exception
            fail(context, words(tls.cause()));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(context, words(cause.getCause() instanceof IOException inner ? inner : cause));
    }

    private IOException words(Throwable cause) {
        return cause instanceof IOException e
                ? Reasons.ofTls(Tls.explained(e), upgrade.host(), upgrade.port())
                : new IOException("the handshake failed", cause);
    }

    private void fail(ChannelHandlerContext context, IOException failure) {
        leg.completeExceptionally(failure);
        context.channel().unsafe().close(context.voidPromise());
    }
}
