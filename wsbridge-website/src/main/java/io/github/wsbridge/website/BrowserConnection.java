package io.github.wsbridge.website;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection from a browser, which carries one exchange after the other. Belongs to one event loop. */
final class BrowserConnection extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(BrowserConnection.class);
    private static final long CHECK_MILLIS = 500;
    private static final long DISCARD_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Channel channel;
    private final Router router;
    private final Limits limits;
    private final Flushing out;
    private final ResponseEncoder encoder = new ResponseEncoder();
    private final List<ChannelHandler> codec;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ScheduledFuture<?> checks;

    private @Nullable Exchange exchange;
    private @Nullable HttpRequest request;
    /** A request that came before the previous one was answered; nothing more is read meanwhile. */
    private @Nullable HttpRequest early;

    private @Nullable ChannelGroup group;

    private boolean routing;
    private boolean received;
    private boolean answered;
    private boolean last;
    private long discarded;
    private long since = System.nanoTime();

    private BrowserConnection(Channel channel, Router router, Limits limits) {
        this.channel = channel;
        this.router = router;
        this.limits = limits;
        out = new Flushing(channel);
        codec = List.of(this, new OneByOne(), encoder, new RequestDecoder());
    }

    /** Makes a channel a connection of a browser. */
    static void install(Channel channel, Router router, Limits limits) {
        BrowserConnection connection = new BrowserConnection(channel, router, limits);
        for (int i = connection.codec.size() - 1; i >= 0; i--) {
            channel.pipeline().addLast(connection.codec.get(i));
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        checks = ctx.executor().scheduleWithFixedDelay(this::check, CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (checks != null) {
            checks.cancel(false);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        more();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!channel.isActive()) {
            ReferenceCountUtil.release(message); // decoded before the browser went, and of use to nobody
        } else if (message instanceof HttpRequest head) {
            if (exchange == null && !answered) {
                begin(head);
            } else {
                early = head;
            }
        } else if (message instanceof HttpContent content) {
            onContent(content);
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(HttpRequest head) {
        request = head;
        received = false;
        last = !HttpUtil.isKeepAlive(head) || !head.protocolVersion().equals(HttpVersion.HTTP_1_1);
        discarded = 0;
        since = System.nanoTime();
        encoder.answers(head.method().equals(HttpMethod.HEAD));
        Throwable malformed = head.decoderResult().cause();
        if (malformed != null) {
            refuse(Answer.text(statusOf(malformed), "the request cannot be understood"));
            return;
        }
        routing = true; // an answer at once must not have the next request read before this one has its exchange
        exchange = router.route(this, head);
        routing = false;
        if (!(last && received)) {
            more();
        }
    }

    private static HttpResponseStatus statusOf(Throwable malformed) {
        if (malformed instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        return malformed instanceof TooLongHttpHeaderException
                ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                : HttpResponseStatus.BAD_REQUEST;
    }

    private void onContent(HttpContent content) {
        if (content.decoderResult().isFailure()) {
            content.release();
            log.debug("A request's body cannot be understood: {}", channel);
            channel.close();
            return;
        }
        if (content instanceof LastHttpContent) {
            received = true;
        }
        if (exchange != null && !answered) {
            exchange.onContent(content);
            return;
        }
        discarded += content.content().readableBytes();
        content.release();
        if (received) {
            end();
        } else if (discarded > Limits.DISCARDED) {
            channel.close();
        } else {
            more();
        }
    }

    /** Lets the exchange, and what the connection becomes after an upgrade, end with the others of a group. */
    void endWith(ChannelGroup others) {
        group = others;
        others.add(channel);
    }

    /** Returns whether the whole request has come. */
    boolean received() {
        return received;
    }

    /** Asks for one more message of the request, or for news from the browser after it. */
    void more() {
        if (early == null && context != null && !routing) {
            context.read();
        }
    }

    boolean writable() {
        return channel.isWritable();
    }

    /** Begins a response, to which the fields about the connection are added. */
    void respond(HttpResponse response) {
        if (last) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        out.write(response);
    }

    /** Sends the response after which the connection has another protocol; see {@link #join}. */
    void upgrade(HttpResponse response) {
        out.write(response);
    }

    /** Sends a response of status 1xx before the final one. */
    void inform(HttpResponse informational) {
        if (request == null || !request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            return;
        }
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, informational.status());
        HttpHeaders fields = response.headers().add(informational.headers());
        RequestFields.removeHop(fields);
        fields.remove(HttpHeaderNames.SET_COOKIE);
        out.write(response);
        out.write(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    /** Continues a response. */
    void write(HttpContent content) {
        out.write(content);
    }

    /** Sends a response that is there as a whole, and ends the exchange. */
    void answer(FullHttpResponse response) {
        respond(response);
        ended();
    }

    /** Sends the last response of the connection, after a request whose end is not certain. */
    void refuse(FullHttpResponse response) {
        received = true;
        last = true;
        answer(response);
    }

    /** Ends the exchange, all of whose response has been written. */
    void ended() {
        if (group != null) {
            group.remove(channel);
            group = null;
        }
        answered = true;
        since = System.nanoTime();
        if (received) {
            end();
        } else {
            more(); // what is left of the request is discarded
        }
    }

    /** Ends the connection with the next response, because the request is not fit to be followed by another. */
    void lastOne() {
        last = true;
    }

    private void end() {
        if (last) {
            // After what was written. The browser sees it even if it still sends, since that is not read any more.
            out.write(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        if (channel.isWritable()) {
            next();
        } // else when the browser has taken the answer
    }

    private void next() {
        exchange = null;
        request = null;
        answered = false;
        since = System.nanoTime();
        HttpRequest head = early;
        early = null;
        if (head != null) {
            begin(head);
        } else {
            more();
        }
    }

    /** Drops the connection, so that the browser sees that the response is incomplete. */
    void abort() {
        channel.close();
    }

    /** Turns the connection into one that passes bytes, once what was written before is on its way. */
    void join(DeviceConnection device) {
        join(device.channel(), device.codec(), List.of());
    }

    /**
     * The same with another channel.
     *
     * @param behind the handlers of {@code other} to remove, the last one first
     * @param protocol the handlers to add to this connection, the first one first
     */
    void join(Channel other, List<ChannelHandler> behind, List<ChannelHandler> protocol) {
        if (early != null) { // data for a protocol that did not hold yet
            channel.close();
            other.close();
            return;
        }
        channel.eventLoop().execute(() -> {
            protocol.forEach(channel.pipeline()::addLast);
            RawRelay.join(channel, codec, other, behind);
        });
    }

    InetAddress browser() {
        return ((InetSocketAddress) channel.remoteAddress()).getAddress();
    }

    Channel channel() {
        return channel;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!ctx.channel().isWritable()) {
            return;
        }
        if (answered && received && !last) {
            next();
        } else if (exchange != null && !answered) {
            exchange.onBrowserWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (exchange != null && !answered) {
            exchange.onBrowserGone();
        }
        exchange = null;
    }

    private void check() {
        long waited = System.nanoTime() - since;
        if (exchange != null && !answered) {
            exchange.check();
        } else if (answered
                ? waited > (received ? limits.stall().toNanos() : DISCARD_NANOS)
                : waited > limits.head().toNanos()) {
            channel.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("A connection of a browser has failed: {}", channel, cause);
        ctx.close();
    }
}
