package io.github.wsbridge.tracing;

import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Step;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanBuilder;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** The attributes of spans: those of OpenTelemetry's semantic conventions where there are any. */
final class Names {

    static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    static final AttributeKey<String> BRIDGE_ID = AttributeKey.stringKey("wsbridge.bridge.id");
    static final AttributeKey<Long> CLOSE_CODE = AttributeKey.longKey("wsbridge.close.code");
    private static final AttributeKey<String> DEVICE_ID = AttributeKey.stringKey("wsbridge.device.id");
    private static final AttributeKey<String> CHANNEL = AttributeKey.stringKey("wsbridge.channel");
    private static final AttributeKey<String> HOP = AttributeKey.stringKey("wsbridge.hop");

    private Names() {}

    static void describe(Step step, SpanBuilder span) {
        if (step.bridgeId() != null) {
            span.setAttribute(BRIDGE_ID, step.bridgeId().toString());
        }
        if (!step.deviceId().isEmpty()) {
            span.setAttribute(DEVICE_ID, step.deviceId());
        }
        if (step.hop() != null) {
            span.setAttribute(HOP, step.hop().name().toLowerCase(Locale.ROOT));
        }
        if (!step.channel().isEmpty()) {
            span.setAttribute(CHANNEL, step.channel());
        }
        if (!step.peer().isEmpty()) {
            peer(step.kind() == Kind.CONNECT || step.kind() == Kind.ACCEPT ? "client" : "server", step.peer(), span);
        }
    }

    private static void peer(String side, String peer, SpanBuilder span) {
        String host = peer;
        try {
            URI uri = new URI("ws://" + peer);
            if (uri.getHost() != null) {
                host = uri.getHost().replaceAll("[\\[\\]]", "");
                if (uri.getPort() >= 0) {
                    span.setAttribute(side + ".port", (long) uri.getPort());
                }
            }
        } catch (URISyntaxException e) {
            // such as the path of a Unix socket
        }
        span.setAttribute(side + ".address", host);
    }
}
