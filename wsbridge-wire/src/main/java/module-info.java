/** WebSocket frames and messages, and the relay between two legs, for transports, nodes and clients. */
module io.github.wsbridge.wire {
    requires transitive io.github.wsbridge;
    requires transitive com.grack.nanojson;
    requires static org.jspecify;
    requires org.slf4j;

    exports io.github.wsbridge.wire.concurrent;
    exports io.github.wsbridge.wire.files;
    exports io.github.wsbridge.wire.message;
    exports io.github.wsbridge.wire.net;
    exports io.github.wsbridge.wire.proxy;
    exports io.github.wsbridge.wire.relay;
    exports io.github.wsbridge.wire.trace;
    exports io.github.wsbridge.wire.websocket;
}
