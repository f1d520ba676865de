/** SOCKS 5 and HTTP CONNECT at the requester's end of a tunnel. */
module io.github.wsbridge.proxy {
    requires transitive io.github.wsbridge;
    requires transitive io.github.wsbridge.client;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.codec.socks;
    requires io.netty.common;
    requires io.netty.transport;

    exports io.github.wsbridge.proxy;
}
