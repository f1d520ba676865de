package io.github.wsbridge.launcher.management;

import io.github.wsbridge.wire.net.HostPort;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection: one request, one answer, and its end. Both are given a certain time, so that slow clients go away.
 * Confined to the event loop.
 */
final class Conversation extends SimpleChannelInboundHandler<FullHttpRequest> {

    /** How long a client may take to send its request, and again to read the answer. */
    static final int SECONDS = 15;

    private static final String EVENTS = "/events";
    private static final List<String> PROXY_FIELDS =
            List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via");

    private static final Map<String, String> GUARDS = Map.of(
            "Cache-Control", "no-store",
            "X-Content-Type-Options", "nosniff",
            "Referrer-Policy", "no-referrer",
            "Cross-Origin-Resource-Policy", "same-origin",
            "Cross-Origin-Opener-Policy", "same-origin",
            "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
                            + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

    private final Answers answers;
    private final ReadAccess access;
    private final Watchers watchers;
    private final Consumer<Channel> settled;
    private @Nullable Future<?> deadline;
    private boolean asked;

    /** @param settled told when the connection is no longer one whose client may be slow */
    Conversation(Answers answers, ReadAccess access, Watchers watchers, Consumer<Channel> settled) {
        this.answers = answers;
        this.access = access;
        this.watchers = watchers;
        this.settled = settled;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        within(context);
    }

    private void within(ChannelHandlerContext context) {
        over();
        deadline = context.executor().schedule(() -> context.close(), SECONDS, TimeUnit.SECONDS);
    }

    private void over() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        over();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (asked || request.decoderResult().isFailure()) { // one request only: each answer is the last
            context.close();
            return;
        }
        asked = true;
        within(context);
        QueryStringDecoder url = new QueryStringDecoder(request.uri());
        HttpHeaders headers = request.headers();
        InetSocketAddress from = (InetSocketAddress) context.channel().remoteAddress();
        ReadAccess.Request caller = new ReadAccess.Request(
                from.getAddress(),
                headers.getAll("Host"),
                headers.getAll("Authorization"),
                PROXY_FIELDS.stream().anyMatch(headers::contains));
        String method = request.method().name();
        if (url.rawPath().equals(EVENTS) && method.equals("GET") && answers.refusal(caller) == null) {
            follow(context, caller, url.parameters());
            return;
        }
        String site = headers.get("Sec-Fetch-Site", "none");
        boolean foreign = !site.equals("none") && !site.equals("same-origin");
        answers.to(new Answers.Question(method, url.rawPath(), from, caller, foreign))
                .thenAccept(answer -> context.executor().execute(() -> send(context, answer)));
    }

    private void follow(ChannelHandlerContext context, ReadAccess.Request caller, Map<String, List<String>> wishes) {
        if (!watchers.room()) {
            send(context, Answer.said(503, "too many are watching"));
            return;
        }
        over();
        settled.accept(context.channel());
        HttpResponseStatus ok = HttpResponseStatus.OK;
        DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, ok);
        GUARDS.forEach(head.headers()::set);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        context.writeAndFlush(head);
        watchers.add(
                context.channel(),
                new Watcher(first(wishes, "device"), first(wishes, "principal")),
                () -> access.decide(caller) == 200);
    }

    private static String first(Map<String, List<String>> wishes, String name) {
        return wishes.getOrDefault(name, List.of("")).get(0);
    }

    private void send(ChannelHandlerContext context, Answer answer) {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(answer.status()),
                Unpooled.wrappedBuffer(answer.body()));
        HttpHeaders headers = response.headers();
        GUARDS.forEach(headers::set);
        headers.set(HttpHeaderNames.CONTENT_TYPE, answer.type());
        headers.set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
        if (answer.status() == 401) {
            headers.set(HttpHeaderNames.WWW_AUTHENTICATE, access.challenge());
        } else if (answer.status() == 405) {
            headers.set(HttpHeaderNames.ALLOW, "GET, HEAD");
        }
        HttpUtil.setKeepAlive(response, false);
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close(); // most likely the client has gone
    }

    /** Returns an address as text, without a look-up of its name. */
    static String text(InetSocketAddress address) {
        return new HostPort(address.getAddress().getHostAddress(), address.getPort()).toString();
    }
}
