package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.concurrent.Newcomers;
import io.github.wsbridge.wire.net.TlsRules;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The opening handshake of an accepted connection: one HTTP request, which becomes a leg or gets a plain response. */
final class ServerHandshake extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(ServerHandshake.class);

    /** How long a refused client may take to read the response. */
    private static final int LINGER_SECONDS = 2;

    /** How many bytes a client may send before it is answered. */
    private static final int MOST_EARLY = 64 * 1024;

    private final Door door;
    private final Duration timeout;
    private final Newcomers.Place place;
    private boolean asked; // whether the head is complete
    private boolean answered;
    private @Nullable ServerUpgrade upgrade;
    private boolean refused;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable ByteBuf early; // what arrived after the head

    /** @param place the connection's place among those whose handshake is not over */
    ServerHandshake(Door door, Duration timeout, Newcomers.Place place) {
        this.door = door;
        this.timeout = timeout;
        this.place = place;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        Newcomers.Place taken = place; // the listener lives as long as the connection, this handler does not
        context.channel().closeFuture().addListener(closed -> taken.leave());
        deadline = context.executor().schedule(() -> late(context), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (refused || !answered && (early == null || early.readableBytes() < MOST_EARLY)) {
            context.read(); // to detect a client that disconnects while the door decides
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request && !asked) {
            asked = true;
            context.pipeline().remove(HttpRequestDecoder.class); // no further requests
            if (!request.decoderResult().isSuccess()) {
                refuse(context, ServerUpgrade.MALFORMED);
            } else if (!mayBeFrames()) {
                refuse(context, ServerUpgrade.NOT_FRAMES);
            } else {
                ask(context, request);
            }
        } else if (message instanceof Admission.Refused refusal && !asked) {
            asked = true;
            refuse(context, refusal);
            context.pipeline().remove(HttpRequestDecoder.class);
        } else if (message instanceof ByteBuf bytes) {
            if (refused) {
                bytes.release(); // the client's further input is discarded
                return;
            }
            early = early == null
                    ? bytes
                    : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), early, bytes);
            ServerUpgrade asking = upgrade;
            if (asking != null && !mayBeFrames()) {
                asking.lost();
                refuse(context, ServerUpgrade.NOT_FRAMES);
            }
        }
    }

    private boolean mayBeFrames() {
        ByteBuf bytes = early;
        if (bytes == null || !bytes.isReadable()) {
            return true;
        }
        int begin = bytes.readerIndex();
        return ServerUpgrade.beginsFrame(
                bytes.getByte(begin), bytes.readableBytes() > 1 ? bytes.getByte(begin + 1) : null);
    }

    private void ask(ChannelHandlerContext context, HttpRequest request) {
        Peer peer = peer(context.channel());
        ServerUpgrade asking;
        try {
            asking = ServerUpgrade.of(
                    request.method().name(),
                    request.uri(),
                    request.protocolVersion().text(),
                    new Fields(request.headers()),
                    peer);
        } catch (IllegalArgumentException e) {
            refuse(context, ServerUpgrade.MALFORMED);
            return;
        }
        upgrade = asking;
        asking.ask(door, context.executor(), new ServerUpgrade.Answer() {
            @Override
            public void grant(Admission.Granted granted) {
                onLoop(context, () -> ServerHandshake.this.grant(context, asking, granted));
            }

            @Override
            public void admitted() {
                place.leave();
            }

            @Override
            public void refuse(Admission.Refused refused) {
                onLoop(context, () -> ServerHandshake.this.refuse(context, refused));
            }
        });
        if (!answered) {
            context.read();
        }
    }

    private static void onLoop(ChannelHandlerContext context, Runnable task) {
        if (context.executor().inEventLoop()) {
            task.run();
        } else {
            context.executor().execute(task);
        }
    }

    private void grant(ChannelHandlerContext context, ServerUpgrade asked, Admission.Granted granted) {
        Channel channel = context.channel();
        if (answered || !channel.isActive()) {
            asked.lost();
            return;
        }
        answered = true;
        place.leave();
        context.writeAndFlush(Unpooled.wrappedBuffer(asked.accepted(granted.subprotocol())));
        NettyLeg leg = new NettyLeg(channel, false, granted.subprotocol());
        ByteBuf behind = early;
        early = null;
        context.pipeline().replace(this, null, leg);
        if (behind != null) {
            leg.channelRead(context.pipeline().context(leg), behind); // TLS, if used, comes before it in the pipeline
            leg.channelReadComplete(context.pipeline().context(leg));
        }
        asked.open(granted, leg);
    }

    private void refuse(ChannelHandlerContext context, Admission.Refused refusal) {
        if (answered) {
            return;
        }
        answered = true;
        refused = true;
        dropEarly();
        Channel channel = context.channel();
        context.writeAndFlush(Unpooled.wrappedBuffer(ServerUpgrade.refusal(refusal)))
                .addListener(sent -> {
                    if (sent.isSuccess() && channel instanceof DuplexChannel duplex) {
                        closeOutput(duplex); // a close would cause a reset if the client is still sending
                    } else {
                        channel.close();
                    }
                });
        var deadline = context.executor().schedule(() -> channel.close(), LINGER_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> deadline.cancel(false));
        context.read();
    }

    private static void closeOutput(DuplexChannel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            channel.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(said -> channel.shutdownOutput());
        }
    }

    private void late(ChannelHandlerContext context) {
        if (answered) {
            return;
        }
        ServerUpgrade asking = upgrade;
        if (asking != null) {
            if (asking.timedOut()) {
                refuse(context, ServerUpgrade.UNAVAILABLE); // the door did not answer in time
            }
        } else {
            answered = true;
            context.channel().unsafe().close(context.voidPromise());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        ServerUpgrade asking = upgrade;
        if (asking != null) {
            asking.lost();
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

    /** Returns the peer's address as {@link Peer} has it. */
    static String address(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress remote
                ? remote.getAddress().getHostAddress() + ":" + remote.getPort()
                : "";
    }

    private static Peer peer(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        return new Peer(
                address(channel),
                tls == null ? List.of() : TlsRules.peerCertificates(tls.engine().getSession()));
    }

    private record Fields(HttpHeaders headers) implements Headers {
        @Override
        public List<String> all(String name) {
            return List.copyOf(headers.getAll(name));
        }
    }
}
