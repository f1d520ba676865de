package io.github.wsbridge.netty;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.proxy.ProxyRefusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.proxy.Socks5ProxyHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Comes after Netty's handler for SOCKS 5, and says its failures in words. */
final class SocksTunnel extends ChannelInboundHandlerAdapter {

    private static final Pattern REPLY = Pattern.compile(" => ([^/ ]*)/\\S*:([0-9]+), status: \\w+\\(([0-9]+)\\)");

    private final ProxyServer proxy;

    private SocksTunnel(ProxyServer proxy) {
        this.proxy = proxy;
    }

    /** Adds the handlers for a proxy. */
    static void add(ChannelPipeline pipeline, Routes.Via via, Duration timeout) {
        Socks5ProxyHandler handler = handler(via);
        handler.setConnectTimeoutMillis(timeout.toMillis());
        pipeline.addLast(new Greeting(via.proxy())).addLast(handler).addLast(new SocksTunnel(via.proxy()));
    }

    private static Socks5ProxyHandler handler(Routes.Via via) {
        ProxyServer proxy = via.proxy();
        return proxy.hasUser()
                ? new Socks5ProxyHandler(via.address(), bytes(proxy.user()), bytes(proxy.password()))
                : new Socks5ProxyHandler(via.address());
    }

    /** Returns text whose characters are the bytes of UTF-8, since Netty sends the lowest byte of each character. */
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        String words = String.valueOf(cause.getMessage());
        Matcher reply = REPLY.matcher(words);
        if (!(cause instanceof ProxyConnectException)) {
            context.fireExceptionCaught(cause);
        } else if (reply.find()) {
            String target = new HostPort(reply.group(1), Integer.parseInt(reply.group(2))).toString();
            context.fireExceptionCaught(
                    new ProxyConnectException(ProxyRefusal.socks(proxy, Integer.parseInt(reply.group(3)), target)));
        } else if (words.contains("authStatus") || words.contains("authMethod")) {
            context.fireExceptionCaught(new ProxyConnectException(ProxyRefusal.login(proxy)));
        } else {
            context.fireExceptionCaught(cause);
        }
    }

    /** Comes before Netty's handler, which takes what is not SOCKS 5 for consent. */
    private static final class Greeting extends ChannelInboundHandlerAdapter {

        private static final int VERSION = 5;

        private final ProxyServer proxy;

        Greeting(ProxyServer proxy) {
            this.proxy = proxy;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.pipeline().remove(this);
            if (message instanceof ByteBuf bytes
                    && bytes.isReadable()
                    && bytes.getByte(bytes.readerIndex()) != VERSION) {
                bytes.release();
                context.fireExceptionCaught(new ProxyConnectException(ProxyRefusal.notSocks(proxy)));
            } else {
                context.fireChannelRead(message);
            }
        }
    }
}
