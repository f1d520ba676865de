/** A standalone server and a connector on Tyrus. */
module io.github.wsbridge.tyrus {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires io.github.wsbridge.jakarta;
    requires static org.jspecify;
    requires jakarta.websocket;
    requires jakarta.websocket.client;
    requires org.glassfish.grizzly;
    requires org.glassfish.grizzly.http;
    requires org.glassfish.tyrus.client;
    requires org.glassfish.tyrus.container.grizzly.client;
    requires org.glassfish.tyrus.container.grizzly.server;
    requires org.glassfish.tyrus.core;
    requires org.glassfish.tyrus.server;
    requires org.glassfish.tyrus.spi;
    requires org.slf4j;

    exports io.github.wsbridge.tyrus;
}
