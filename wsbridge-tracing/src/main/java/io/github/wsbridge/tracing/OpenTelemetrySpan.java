package io.github.wsbridge.tracing;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.SetupTracer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** A span of OpenTelemetry. */
final class OpenTelemetrySpan implements SetupTracer.Span {

    private final Span span;
    private final Context inside;
    private final TraceContext context;

    OpenTelemetrySpan(Span span, Context parent) {
        this.span = span;
        this.inside = parent.with(span);
        this.context = W3c.traceContext(inside);
    }

    @Override
    public TraceContext context() {
        return context;
    }

    @Override
    public void bridge(BridgeId bridgeId) {
        span.setAttribute(Names.BRIDGE_ID, bridgeId.toString());
    }

    @Override
    public void end(@Nullable CloseReason failure) {
        if (failure != null) {
            span.setStatus(StatusCode.ERROR, failure.toString());
            span.setAttribute(Names.ERROR_TYPE, Integer.toString(failure.code()));
            span.setAttribute(Names.CLOSE_CODE, (long) failure.code());
        }
        span.end();
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // the caller closes it
    public SetupTracer.Scope enter() {
        return inside.makeCurrent()::close;
    }
}
