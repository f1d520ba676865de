package io.github.wsbridge.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/**
 * Netty's decoder, which takes the beginning of TLS for an invalid request at once. By itself, it would wait for a line
 * break, and so would the client, for the server's part of TLS.
 */
final class RequestDecoder extends HttpRequestDecoder {

    private static final byte TLS_HANDSHAKE = 0x16; // no HTTP request begins with it

    private boolean begun;

    RequestDecoder(HttpDecoderConfig config) {
        super(config);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf input, List<Object> out) throws Exception {
        if (!begun && input.isReadable()) {
            begun = true;
            if (input.getByte(input.readerIndex()) == TLS_HANDSHAKE) {
                input.skipBytes(input.readableBytes());
                FullHttpRequest invalid =
                        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
                invalid.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("TLS")));
                out.add(invalid);
                return;
            }
        }
        super.decode(context, input, out);
    }
}
