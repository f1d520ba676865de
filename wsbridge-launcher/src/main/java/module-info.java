/** The command line of the WebSocket Bridge. */
module io.github.wsbridge.launcher {
    requires io.github.wsbridge;
    requires io.github.wsbridge.access.jwt;
    requires io.github.wsbridge.client;
    requires io.github.wsbridge.core;
    requires io.github.wsbridge.netty;
    requires io.github.wsbridge.session;
    requires io.github.wsbridge.signal.iothub;
    requires io.github.wsbridge.signal.mqtt;
    requires io.github.wsbridge.signal.webhook;
    requires io.github.wsbridge.tyrus;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires info.picocli;
    requires java.logging;
    requires java.net.http;
    requires jdk.httpserver;
    requires jdk.unsupported;
    requires org.slf4j;

    exports io.github.wsbridge.launcher;

    opens io.github.wsbridge.launcher to
            info.picocli;
}
