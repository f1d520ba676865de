/** The bridge on Jakarta WebSocket: a filter for any servlet container, and Tyrus as server and as connector. */
module io.github.wsbridge.tyrus {
    requires transitive io.github.wsbridge;
    requires transitive io.github.wsbridge.core;
    requires static jakarta.servlet;
    requires static org.jspecify;
    requires jakarta.websocket;
    requires jakarta.websocket.client;
    requires org.glassfish.grizzly;
    requires org.glassfish.tyrus.core;
    requires org.glassfish.tyrus.spi;
    requires org.slf4j;

    exports io.github.wsbridge.tyrus;
}
