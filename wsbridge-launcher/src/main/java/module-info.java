/** The command line of the WebSocket Bridge. */
module io.github.wsbridge.launcher {
    requires io.github.wsbridge;
    requires io.github.wsbridge.access.jwt;
    requires io.github.wsbridge.client;
    requires io.github.wsbridge.core;
    requires io.github.wsbridge.metrics;
    requires io.github.wsbridge.netty;
    requires io.github.wsbridge.proxy;
    requires io.github.wsbridge.session;
    requires io.github.wsbridge.signal.iothub;
    requires io.github.wsbridge.signal.mqtt;
    requires io.github.wsbridge.signal.nats;
    requires io.github.wsbridge.signal.redis;
    requires io.github.wsbridge.signal.webhook;
    requires io.github.wsbridge.tracing;
    requires io.github.wsbridge.tyrus;
    requires io.github.wsbridge.website;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires com.grack.nanojson;
    requires info.picocli;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.nats.jnats;
    requires io.netty.transport;
    requires io.opentelemetry.exporter.otlp;
    requires io.opentelemetry.sdk.common;
    requires io.opentelemetry.sdk.trace;
    requires java.logging;
    requires lettuce.core;
    requires java.net.http;
    requires jdk.unsupported;
    requires micrometer.registry.prometheus;
    requires org.slf4j;
    requires org.snakeyaml.engine;

    exports io.github.wsbridge.launcher;
    exports io.github.wsbridge.launcher.home;

    opens io.github.wsbridge.launcher to
            info.picocli;
}
