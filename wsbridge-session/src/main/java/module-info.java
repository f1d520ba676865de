/** Sessions: many streams on one bridge. */
module io.github.wsbridge.session {
    requires transitive io.github.wsbridge;
    requires transitive io.github.wsbridge.client;
    requires io.github.wsbridge.netty;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.codec.http2;
    requires io.netty.common;
    requires io.netty.transport;
    requires org.slf4j;

    exports io.github.wsbridge.session;
}
