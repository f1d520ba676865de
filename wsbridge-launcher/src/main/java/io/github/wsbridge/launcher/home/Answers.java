package io.github.wsbridge.launcher.home;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Answers the HTTP requests of one connection, one after the other. Confined to its event loop. */
final class Answers extends SimpleChannelInboundHandler<HttpObject> {

    private final Content content;
    private final Journal journal;
    private @Nullable HttpRequest request; // the current one
    private @Nullable MessageDigest upload;
    private long received;

    Answers(Content content, Journal journal) {
        this.content = content;
        this.journal = journal;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        if (message.decoderResult().isFailure()) {
            context.close();
            return;
        }
        if (message instanceof HttpRequest head) {
            request = head;
            received = 0;
            upload = path(head).equals("/upload") && head.method().equals(HttpMethod.POST) ? sha256() : null;
        }
        if (message instanceof HttpContent part) {
            ByteBuf bytes = part.content();
            received += bytes.readableBytes();
            if (upload != null && bytes.isReadable()) {
                upload.update(bytes.nioBuffer());
            }
        }
        if (message instanceof LastHttpContent && request != null) {
            journal.counted();
            answer(context, request);
        }
    }

    private void answer(ChannelHandlerContext context, HttpRequest asked) {
        if (upload != null) {
            String sha256 = HexFormat.of().formatHex(upload.digest());
            journal.write("received " + received + " bytes, SHA-256 " + sha256.substring(0, 16) + "…");
            send(
                    context,
                    asked,
                    HttpResponseStatus.OK,
                    "application/json",
                    ("{\"bytes\":" + received + ",\"sha256\":\"" + sha256 + "\"}\n").getBytes(UTF_8));
            return;
        }
        String path = path(asked);
        boolean get = asked.method().equals(HttpMethod.GET);
        if (get && path.equals("/log")) {
            follow(context);
            return;
        }
        Content.Page page = content.at(path);
        if (page == null) {
            send(context, asked, HttpResponseStatus.NOT_FOUND, "text/plain", "nothing here\n".getBytes(UTF_8));
        } else if (get || asked.method().equals(HttpMethod.HEAD)) {
            send(context, asked, HttpResponseStatus.OK, page.type(), page.bytes());
        } else {
            send(
                    context,
                    asked,
                    HttpResponseStatus.METHOD_NOT_ALLOWED,
                    "text/plain",
                    "GET or HEAD only\n".getBytes(UTF_8));
        }
    }

    private void follow(ChannelHandlerContext context) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        guard(head.headers());
        context.writeAndFlush(head);
        journal.follow(context.channel());
    }

    private static void send(
            ChannelHandlerContext context, HttpRequest asked, HttpResponseStatus status, String type, byte[] body) {
        boolean head = asked.method().equals(HttpMethod.HEAD);
        var answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
        answer.headers().set(HttpHeaderNames.CONTENT_TYPE, type).set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        guard(answer.headers());
        HttpUtil.setKeepAlive(answer, HttpUtil.isKeepAlive(asked));
        ChannelFuture sent = context.writeAndFlush(answer);
        if (!HttpUtil.isKeepAlive(asked)) {
            sent.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static void guard(HttpHeaders headers) {
        headers.set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
                .set("X-Content-Type-Options", "nosniff")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    }

    private static String path(HttpRequest request) {
        int query = request.uri().indexOf('?');
        return query < 0 ? request.uri() : request.uri().substring(0, query);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent) {
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close(); // most likely the browser has gone
    }
}
