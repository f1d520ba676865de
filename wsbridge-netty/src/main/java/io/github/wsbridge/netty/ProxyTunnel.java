package io.github.wsbridge.netty;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.proxy.ProxyHandler;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * A tunnel through an HTTP proxy. Unlike Netty's own handler, it fails as soon as it receives the status of a refusal.
 */
final class ProxyTunnel extends ProxyHandler {

    private final HttpClientCodec codec = new HttpClientCodec();

    ProxyTunnel(SocketAddress proxy) {
        super(proxy);
    }

    @Override
    public String protocol() {
        return "http";
    }

    @Override
    public String authScheme() {
        return "none";
    }

    @Override
    protected void addCodec(ChannelHandlerContext context) {
        context.pipeline().addBefore(context.name(), null, codec);
    }

    @Override
    protected void removeEncoder(ChannelHandlerContext context) {
        codec.removeOutboundHandler();
    }

    @Override
    protected void removeDecoder(ChannelHandlerContext context) {
        codec.removeInboundHandler();
    }

    @Override
    protected Object newInitialMessage(ChannelHandlerContext context) {
        InetSocketAddress target = destinationAddress();
        String authority = HttpUtil.formatHostnameForHttp(target) + ":" + target.getPort();
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.CONNECT, authority, Unpooled.EMPTY_BUFFER);
        request.headers().set(HttpHeaderNames.HOST, authority);
        return request;
    }

    @Override
    protected boolean handleResponse(ChannelHandlerContext context, Object response) throws ProxyConnectException {
        if (response instanceof HttpResponse head && !head.status().equals(HttpResponseStatus.OK)) {
            throw new ProxyConnectException(exceptionMessage("status: " + head.status()));
        }
        return response instanceof LastHttpContent;
    }
}
