package io.github.wsbridge.tracing;

import io.github.wsbridge.TraceContext;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Converts between the contexts of the bridge and those of OpenTelemetry. */
final class W3c {

    private static final W3CTraceContextPropagator FORMAT = W3CTraceContextPropagator.getInstance();

    private static final TextMapGetter<TraceContext> FIELDS = new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable TraceContext carrier, String key) {
            return carrier == null
                    ? null
                    : key.equals(TraceContext.TRACEPARENT) ? carrier.traceparent() : carrier.tracestate();
        }
    };

    private W3c() {}

    static SpanContext spanContext(TraceContext trace) {
        return trace.present()
                ? Span.fromContext(FORMAT.extract(Context.root(), trace, FIELDS))
                        .getSpanContext()
                : SpanContext.getInvalid();
    }

    static Context with(Context context, SpanContext remote) {
        return context.with(Span.wrap(remote));
    }

    /** Returns what is passed on. A state that is too long is left out. */
    static TraceContext traceContext(Context context) {
        Map<String, String> fields = new HashMap<>();
        FORMAT.inject(context, fields, (map, name, value) -> {
            if (map != null) {
                map.put(name, value);
            }
        });
        return TraceContext.of(
                fields.getOrDefault(TraceContext.TRACEPARENT, ""), fields.getOrDefault(TraceContext.TRACESTATE, ""));
    }
}
