package io.github.wsbridge.netty;

import io.github.wsbridge.core.Admission;
import io.github.wsbridge.core.Handshake;
import io.github.wsbridge.core.HandshakeAnswer;
import io.github.wsbridge.core.WebSocketKey;
import io.github.wsbridge.spi.AccessPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first part of a server's connection: one HTTP request, which becomes a leg or gets a plain answer. */
final class ServerHandshake extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(ServerHandshake.class);

    /** How long a refused client may take to read the answer. */
    private static final int PARTING_SECONDS = 2;

    private final Function<Handshake, CompletionStage<Admission>> door;
    private final Duration timeout;
    private boolean asked; // whether the head is complete
    private boolean answered;
    private boolean refused;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable ByteBuf early; // what came behind the head

    ServerHandshake(Function<Handshake, CompletionStage<Admission>> door, Duration timeout) {
        this.door = door;
        this.timeout = timeout;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        deadline = context.executor().schedule(() -> late(context), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!asked || refused) {
            context.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request && !asked) {
            asked = true;
            context.pipeline().remove(HttpRequestDecoder.class); // what follows is no request
            Throwable failure = request.decoderResult().cause();
            if (failure == null) {
                ask(context, request);
            } else if (failure instanceof TooLongHttpHeaderException || failure instanceof TooLongHttpLineException) {
                refuse(context, new Admission.Refused(431, "the header is too large", null));
            } else {
                refuse(context, garbled());
            }
        } else if (message instanceof ByteBuf bytes) {
            if (refused) {
                bytes.release(); // whatever the client still sends
            } else {
                early = early == null
                        ? bytes
                        : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), early, bytes);
            }
        }
    }

    private void ask(ChannelHandlerContext context, HttpRequest request) {
        String target = request.uri();
        boolean visible = !target.isEmpty() && target.chars().allMatch(c -> c > ' ' && c <= '~');
        if (!visible || request.protocolVersion().majorVersion() != 1) {
            refuse(context, garbled());
            return;
        }
        if (!target.startsWith("/")) { // an absolute URL, as some proxies send it
            target = target.replaceFirst("(?i)^(http|ws)s?://[^/?]*", "");
        }
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        String query = question < 0 ? null : target.substring(question + 1);
        Fields fields = new Fields(request.headers());
        boolean upgrade = request.method().equals(HttpMethod.GET)
                && request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && request.headers().containsValue(HttpHeaderNames.UPGRADE, "websocket", true)
                && request.headers().containsValue(HttpHeaderNames.CONNECTION, "Upgrade", true)
                && fields.only("Sec-WebSocket-Version").equals("13");
        Handshake handshake = new Handshake(path, query, upgrade, fields, remote(context.channel()));
        String key = fields.only("Sec-WebSocket-Key");
        CompletionStage<Admission> admission;
        try {
            admission = door.apply(handshake);
        } catch (RuntimeException e) {
            log.error("The door failed on {}", handshake, e);
            refuse(context, HandshakeAnswer.UNAVAILABLE);
            return;
        }
        admission.whenComplete((answer, failure) -> {
            if (context.executor().inEventLoop()) {
                answer(context, handshake, key, answer, failure);
            } else {
                context.executor().execute(() -> answer(context, handshake, key, answer, failure));
            }
        });
    }

    private void answer(
            ChannelHandlerContext context,
            Handshake handshake,
            String key,
            @Nullable Admission answer,
            @Nullable Throwable failure) {
        if (answer instanceof Admission.Refused refusal) {
            refuse(context, refusal);
        } else if (answer instanceof Admission.Granted granted) {
            if (!handshake.upgrade()) {
                refuse(context, new Admission.Refused(426, "this is a WebSocket endpoint", null));
            } else if (!WebSocketKey.valid(key)) {
                refuse(context, new Admission.Refused(400, "no WebSocket key", null));
            } else {
                grant(context, granted, key);
            }
        } else {
            log.error("The door failed on {}", handshake, failure);
            refuse(context, HandshakeAnswer.UNAVAILABLE);
        }
    }

    private void grant(ChannelHandlerContext context, Admission.Granted granted, String key) {
        Channel channel = context.channel();
        if (answered || !channel.isActive()) {
            return;
        }
        answered = true;
        context.writeAndFlush(Unpooled.wrappedBuffer(HandshakeAnswer.upgrade(key, granted.subprotocol())));
        NettyLeg leg = new NettyLeg(channel, false, granted.subprotocol());
        ByteBuf behind = early;
        early = null;
        context.pipeline().replace(this, null, leg);
        if (behind != null) {
            leg.channelRead(context.pipeline().context(leg), behind); // TLS, where there is any, is behind it
        }
        try {
            granted.opened().accept(leg);
        } catch (RuntimeException e) {
            log.error("The door failed on an open leg", e);
            leg.abort();
        }
    }

    private void refuse(ChannelHandlerContext context, Admission.Refused refusal) {
        if (answered) {
            return;
        }
        answered = true;
        refused = true;
        dropEarly();
        Channel channel = context.channel();
        context.writeAndFlush(Unpooled.wrappedBuffer(HandshakeAnswer.refusal(refusal)))
                .addListener(sent -> {
                    if (sent.isSuccess() && channel instanceof DuplexChannel duplex && !isTls(channel)) {
                        duplex.shutdownOutput(); // a close would be a reset where the client is still sending
                    } else {
                        channel.close();
                    }
                });
        var deadline = context.executor().schedule(() -> channel.close(), PARTING_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> deadline.cancel(false));
        context.read();
    }

    private static boolean isTls(Channel channel) {
        return channel.pipeline().get(NettyBridgeServer.TLS) != null;
    }

    private void late(ChannelHandlerContext context) {
        if (answered) {
            return;
        }
        if (asked) {
            refuse(context, HandshakeAnswer.UNAVAILABLE); // the door did not answer in time
        } else {
            answered = true;
            context.channel().unsafe().close(context.voidPromise());
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        dropEarly();
    }

    private void dropEarly() {
        if (early != null) {
            early.release();
            early = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.debug("A handshake failed", cause);
        context.close();
    }

    private static Admission.Refused garbled() {
        return new Admission.Refused(400, "not an HTTP/1.1 request", null);
    }

    private static String remote(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress() + ":" + address.getPort()
                : "";
    }

    private record Fields(HttpHeaders headers) implements AccessPolicy.Headers {
        @Override
        public List<String> all(String name) {
            return List.copyOf(headers.getAll(name));
        }
    }
}
