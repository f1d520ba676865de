package io.github.wsbridge.netty;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.proxy.ProxyRefusal;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.proxy.ProxyHandler;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A tunnel through an HTTP proxy. Unlike Netty's own handler, it fails as soon as it receives the status of a refusal,
 * and says what helps.
 */
final class ProxyTunnel extends ProxyHandler {

    private final ProxyServer proxy;
    private final HttpClientCodec codec = new HttpClientCodec();

    private ProxyTunnel(Routes.Via via) {
        super(via.address());
        proxy = via.proxy();
    }

    /** Adds the handlers for a proxy of either kind. */
    static void add(ChannelPipeline pipeline, Routes.Via via, Duration timeout) {
        if (via.proxy().protocol() == ProxyServer.Protocol.SOCKS5) {
            SocksTunnel.add(pipeline, via, timeout);
            return;
        }
        ProxyTunnel tunnel = new ProxyTunnel(via);
        tunnel.setConnectTimeoutMillis(timeout.toMillis());
        pipeline.addLast(tunnel);
    }

    @Override
    public String protocol() {
        return "http";
    }

    @Override
    public String authScheme() {
        return proxy.hasUser() ? "basic" : "none";
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
        DefaultFullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.CONNECT, authority(), Unpooled.EMPTY_BUFFER);
        request.headers().set(HttpHeaderNames.HOST, authority());
        if (proxy.hasUser()) {
            request.headers().set(HttpHeaderNames.PROXY_AUTHORIZATION, proxy.authorization());
        }
        return request;
    }

    private String authority() {
        InetSocketAddress target = destinationAddress();
        return HttpUtil.formatHostnameForHttp(target) + ":" + target.getPort();
    }

    @Override
    protected boolean handleResponse(ChannelHandlerContext context, Object response) throws ProxyConnectException {
        if (response instanceof HttpResponse head && head.status().code() / 100 != 2) {
            throw new ProxyConnectException(ProxyRefusal.http(
                    proxy,
                    head.status().code(),
                    head.headers().getAll(HttpHeaderNames.PROXY_AUTHENTICATE),
                    authority()));
        }
        return response instanceof LastHttpContent;
    }
}
