package io.github.wsbridge.website;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Netty's strict decoder, which also refuses what it would only mend: a length beside a chunked body. */
final class RequestDecoder extends HttpRequestDecoder {

    RequestDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(Limits.REQUEST_LINE)
                .setMaxHeaderSize(Limits.HEADER)
                .setMaxChunkSize(Limits.CONTENT)
                .setAllowPartialChunks(true));
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
    }
}
