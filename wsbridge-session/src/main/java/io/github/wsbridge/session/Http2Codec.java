package io.github.wsbridge.session;

import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.function.Function;

/** Puts together Netty's HTTP/2 for a session. */
final class Http2Codec<S extends Session> extends AbstractHttp2ConnectionHandlerBuilder<S, Http2Codec<S>> {

    /** What a session is made of. */
    record Parts(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {}

    /** Room for request data of the greatest length that nodes permit. */
    private static final int MAX_FIELDS = 32 * 1024;

    /** Larger frames cost less for each byte, smaller ones let other streams have their turn sooner. */
    static final int MAX_FRAME = 128 * 1024;

    private static final int MAX_RESETS_A_SECOND = 20_000;

    /** What a stream sends before it is another one's turn. */
    private static final int CHUNK = 16 * 1024;

    private final Function<Parts, S> made;

    private Http2Codec(Function<Parts, S> made) {
        this.made = made;
    }

    static <S extends Session> S client(Function<Parts, S> made) {
        return new Http2Codec<>(made)
                .build(false, new Http2Settings().pushEnabled(false).maxConcurrentStreams(0));
    }

    static <S extends Session> S server(int maxStreams, Function<Parts, S> made) {
        return new Http2Codec<>(made).build(true, new Http2Settings().maxConcurrentStreams(maxStreams));
    }

    private S build(boolean server, Http2Settings settings) {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(server);
        // The window of the connection is refilled on arrival: a stream that is not read costs its own window only.
        connection.local().flowController(new DefaultHttp2LocalFlowController(connection, 0.5f, true));
        UniformStreamByteDistributor fair = new UniformStreamByteDistributor(connection);
        fair.minAllocationChunk(CHUNK);
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, fair));
        return connection(connection)
                .initialSettings(settings.maxHeaderListSize(MAX_FIELDS).maxFrameSize(MAX_FRAME))
                .decoderEnforceMaxRstFramesPerWindow(MAX_RESETS_A_SECOND, 1)
                .encoderEnforceMaxRstFramesPerWindow(0, 1)
                .build();
    }

    @Override
    protected S build(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
        return made.apply(new Parts(decoder, encoder, settings));
    }
}
