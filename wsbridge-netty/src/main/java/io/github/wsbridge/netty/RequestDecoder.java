package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.wire.websocket.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;

/**
 * Netty's decoder behind a check of every byte. By itself, it accepts folded lines and single line feeds, and waits for
 * a line break at the beginning of TLS, while the client would wait for the server's part of TLS.
 */
final class RequestDecoder extends HttpRequestDecoder {

    private final RequestHead head;

    /** @param maxBytes the maximum length of a request's head */
    RequestDecoder(int maxBytes) {
        super(
                new HttpDecoderConfig() // the check applies first
                        .setMaxInitialLineLength(2 * maxBytes)
                        .setMaxHeaderSize(2 * maxBytes));
        head = new RequestHead(maxBytes);
    }

    /** Passes on a {@link Admission.Refused} instead of a request if that is not valid. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof ByteBuf bytes) {
            bytes.forEachByte(head::next);
            Admission.Refused refusal = head.refusal();
            if (refusal != null) {
                bytes.release();
                context.fireChannelRead(refusal);
                return;
            }
        }
        super.channelRead(context, message);
    }
}
