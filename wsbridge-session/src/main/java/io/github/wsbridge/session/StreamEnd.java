package io.github.wsbridge.session;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/** What a session tells about one of its streams, on its loop. */
interface StreamEnd {

    /** Called with the fields of an answer, or of a request that was begun before. */
    void onHeaders(Http2Headers fields, boolean last);

    /**
     * Called with data, which it copies.
     *
     * @return how many bytes need no room any longer
     */
    int onData(ByteBuf data, boolean last);

    /** Called when the peer has reset the stream; {@link #onClosed} follows. */
    void onReset(long code);

    /** Called when more can be sent. */
    default void onWritable() {}

    /** Called when the stream is over, once. */
    void onClosed();
}
