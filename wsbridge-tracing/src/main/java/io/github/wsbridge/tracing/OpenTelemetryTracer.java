package io.github.wsbridge.tracing;

import io.github.wsbridge.Hop;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.SetupTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;

/**
 * Records how bridges are set up as spans of OpenTelemetry, for nodes, requesters and devices alike. Thread-safe, and
 * it does not block if the SDK's span processors do not.
 *
 * <p>A span continues the context that came over the wire, always as W3C Trace Context, whatever propagators the SDK
 * has. If none came, it is a child of the thread's current span. docs/tracing.md lists all spans with their attributes.
 */
public final class OpenTelemetryTracer implements SetupTracer {

    private static final String SCOPE = "io.github.wsbridge";

    private final Tracer tracer;
    private final boolean trustsClients;

    private OpenTelemetryTracer(OpenTelemetry telemetry, boolean trustsClients) {
        this.tracer = telemetry.getTracer(SCOPE);
        this.trustsClients = trustsClients;
    }

    /**
     * Returns a tracer.
     *
     * @param telemetry where spans go: an SDK, or {@code GlobalOpenTelemetry.get()} for that of the Java agent
     */
    public static OpenTelemetryTracer of(OpenTelemetry telemetry) {
        return new OpenTelemetryTracer(telemetry, true);
    }

    /**
     * Returns the same tracer for a node whose clients need not be believed. A trace that a requester or a device
     * brings to the node is not continued, and does not decide whether the node samples: the node begins a trace of its
     * own, linked to the other.
     */
    public static OpenTelemetryTracer distrustingClients(OpenTelemetry telemetry) {
        return new OpenTelemetryTracer(telemetry, false);
    }

    @Override
    public Span start(Step step, TraceContext from, TraceContext related) {
        SpanContext remote = W3c.spanContext(from);
        SpanContext other = W3c.spanContext(related);
        boolean continues = remote.isValid() && (trustsClients || !fromOutside(step));
        Context parent = Context.current();
        SpanContext current =
                io.opentelemetry.api.trace.Span.fromContext(parent).getSpanContext();
        if (continues) {
            parent = W3c.with(parent, remote);
        } else if (other.isValid() && !current.isValid() && !remote.isValid()) {
            parent = W3c.with(parent, other);
        }
        SpanBuilder span =
                tracer.spanBuilder(name(step)).setSpanKind(kind(step)).setParent(parent);
        if (remote.isValid() && !continues) {
            span.addLink(remote);
        }
        if (other.isValid()
                && !io.opentelemetry.api.trace.Span.fromContext(parent)
                        .getSpanContext()
                        .getTraceId()
                        .equals(other.getTraceId())) {
            span.addLink(other);
        }
        Names.describe(step, span);
        return new OpenTelemetrySpan(span.startSpan(), parent);
    }

    private static boolean fromOutside(Step step) {
        return step.kind() == Kind.CONNECT || step.kind() == Kind.ACCEPT && step.hop() == Hop.DIRECT;
    }

    private static String name(Step step) {
        return switch (step.kind()) {
            case REQUEST, CONNECT -> "bridge connect";
            case SIGNAL -> "bridge signal";
            case DELIVER -> "bridge deliver";
            case INVITATION -> "bridge invitation";
            case OPEN, ACCEPT -> "bridge accept";
            case FORWARD -> "bridge forward";
        };
    }

    private static SpanKind kind(Step step) {
        return switch (step.kind()) {
            case REQUEST, OPEN, FORWARD -> SpanKind.CLIENT;
            case CONNECT, ACCEPT -> SpanKind.SERVER;
            case SIGNAL -> SpanKind.PRODUCER;
            case DELIVER, INVITATION -> SpanKind.CONSUMER;
        };
    }
}
