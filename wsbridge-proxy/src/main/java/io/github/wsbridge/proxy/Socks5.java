package io.github.wsbridge.proxy;

import io.github.wsbridge.wire.net.HostPort;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialResponse;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;

/** SOCKS 5 (RFC 1928) without authentication, and of its commands CONNECT. */
final class Socks5 extends Dialect {

    static final byte VERSION = 5;

    static Dialect on(EmbeddedChannel channel) {
        Socks5 dialect = new Socks5();
        channel.pipeline().addLast(new Socks5InitialRequestDecoder(), Socks5ServerEncoder.DEFAULT, dialect);
        return dialect;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof Socks5InitialRequest offer) {
            if (offer.decoderResult().isFailure()) {
                context.fireChannelRead(Refusal.malformed("the client's first message is not SOCKS 5"));
            } else if (offer.authMethods().contains(Socks5AuthMethod.NO_AUTH)) {
                context.pipeline().replace(Socks5InitialRequestDecoder.class, null, new Socks5CommandRequestDecoder());
                context.writeAndFlush(new DefaultSocks5InitialResponse(Socks5AuthMethod.NO_AUTH));
            } else {
                context.writeAndFlush(new DefaultSocks5InitialResponse(Socks5AuthMethod.UNACCEPTED));
                context.fireChannelRead(Refusal.notAllowed("the client insists on a SOCKS user, which is not needed"));
            }
        } else if (message instanceof Socks5CommandRequest request) {
            context.fireChannelRead(answered(context, request));
        } else {
            context.fireChannelRead(message);
        }
    }

    private Object answered(ChannelHandlerContext context, Socks5CommandRequest request) {
        try {
            return wish(request);
        } catch (Refusal e) {
            context.writeAndFlush(response(e.socks()));
            return e;
        }
    }

    private static HostPort wish(Socks5CommandRequest request) throws Refusal {
        if (request.decoderResult().isFailure()) {
            throw Refusal.malformed("the SOCKS request is malformed");
        }
        if (!request.type().equals(Socks5CommandType.CONNECT)) {
            throw new Refusal(
                    Socks5CommandStatus.COMMAND_UNSUPPORTED,
                    HttpResponseStatus.NOT_IMPLEMENTED,
                    "SOCKS command " + request.type() + " is not supported, only CONNECT");
        }
        HostPort wish = new HostPort(request.dstAddr(), request.dstPort());
        try {
            return HostPort.parse(wish.toString());
        } catch (IllegalArgumentException e) {
            throw Refusal.malformed("the SOCKS request names an invalid host");
        }
    }

    @Override
    void grant(EmbeddedChannel channel) {
        channel.writeOutbound(response(Socks5CommandStatus.SUCCESS));
    }

    @Override
    void refuse(EmbeddedChannel channel, Refusal why) {
        channel.writeOutbound(response(why.socks()));
    }

    /** The address at which the target sees the stream come from is not known here. */
    private static DefaultSocks5CommandResponse response(Socks5CommandStatus status) {
        return new DefaultSocks5CommandResponse(status, Socks5AddressType.IPv4, "0.0.0.0", 0);
    }
}
