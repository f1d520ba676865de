/** A node inside a servlet container, and a connector on any Jakarta WebSocket client. */
@SuppressWarnings("module") // the module that the sessions are exported to is built after this one
module io.github.wsbridge.jakarta {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires static jakarta.servlet;
    requires static org.jspecify;
    requires static jakarta.websocket; // for the connector only
    requires static jakarta.websocket.client;
    requires org.slf4j;

    exports io.github.wsbridge.jakarta;
    exports io.github.wsbridge.jakarta.session to
            io.github.wsbridge.tyrus;
}
