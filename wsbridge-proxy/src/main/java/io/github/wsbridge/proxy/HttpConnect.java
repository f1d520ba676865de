package io.github.wsbridge.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.wire.net.HostPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * HTTP CONNECT (RFC 9110, section 9.3.6), and no other method: no web page can make a browser send that, so none can
 * use the proxy behind its user's back.
 */
final class HttpConnect extends Dialect {

    private static final HttpDecoderConfig LIMITS =
            new HttpDecoderConfig().setMaxInitialLineLength(4096).setMaxHeaderSize(8192);

    private @Nullable HostPort wish;
    private boolean done;

    static Dialect on(EmbeddedChannel channel) {
        HttpConnect dialect = new HttpConnect();
        channel.pipeline().addLast(new HttpRequestDecoder(LIMITS), new HttpResponseEncoder(), dialect);
        return dialect;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf) {
            context.fireChannelRead(message);
            return;
        }
        try {
            if (done) {
                return; // the rest of a request that was refused
            }
            if (message instanceof HttpRequest request) {
                wish = wish(request);
            }
            if (message instanceof LastHttpContent && wish != null) {
                done = true;
                context.fireChannelRead(wish);
                context.pipeline().remove(HttpRequestDecoder.class); // which passes on the bytes after the request
            }
        } catch (Refusal e) {
            done = true;
            context.writeAndFlush(response(e));
            context.fireChannelRead(e);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private static HostPort wish(HttpRequest request) throws Refusal {
        if (request.decoderResult().isFailure()) {
            throw Refusal.malformed("the HTTP request is malformed or too long");
        }
        if (!request.method().equals(HttpMethod.CONNECT)) {
            throw new Refusal(
                    Socks5CommandStatus.COMMAND_UNSUPPORTED,
                    HttpResponseStatus.METHOD_NOT_ALLOWED,
                    "this proxy knows the HTTP method CONNECT only (curl: --proxytunnel), and SOCKS 5");
        }
        if (request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                || request.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
            throw Refusal.malformed("a CONNECT request has no content");
        }
        try {
            return HostPort.parse(request.uri());
        } catch (IllegalArgumentException e) {
            throw Refusal.malformed("a CONNECT request names HOST:PORT, with an IPv6 address in brackets");
        }
    }

    @Override
    void grant(EmbeddedChannel channel) {
        channel.writeOutbound(
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.EMPTY_BUFFER));
    }

    @Override
    void refuse(EmbeddedChannel channel, Refusal why) {
        channel.writeOutbound(response(why));
    }

    private static FullHttpResponse response(Refusal why) {
        ByteBuf words = Unpooled.copiedBuffer(why.words() + "\n", UTF_8);
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, why.http(), words);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set("X-Content-Type-Options", "nosniff")
                .set(HttpHeaderNames.CONTENT_LENGTH, words.readableBytes())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (why.http().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(HttpHeaderNames.ALLOW, HttpMethod.CONNECT);
        }
        return response;
    }
}
