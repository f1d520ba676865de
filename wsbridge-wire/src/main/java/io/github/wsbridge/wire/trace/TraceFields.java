package io.github.wsbridge.wire.trace;

import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.Headers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** The two header fields of a trace context, which are also the members of messages. */
public final class TraceFields {

    private TraceFields() {}

    /** Reads the header of a request, which may come from anybody. */
    public static TraceContext read(Headers headers) {
        List<String> parents = headers.all(TraceContext.TRACEPARENT);
        return parents.size() == 1
                ? TraceContext.of(parents.get(0), String.join(",", headers.all(TraceContext.TRACESTATE)))
                : TraceContext.NONE;
    }

    /** Passes the name and the value of each field that is not empty. */
    public static void forEach(TraceContext trace, BiConsumer<String, String> field) {
        if (trace.present()) {
            field.accept(TraceContext.TRACEPARENT, trace.traceparent());
            if (!trace.tracestate().isEmpty()) {
                field.accept(TraceContext.TRACESTATE, trace.tracestate());
            }
        }
    }

    /** Returns header fields with those of the context, which replace others of the same names. */
    public static Map<String, String> with(TraceContext trace, Map<String, String> headers) {
        if (!trace.present()) {
            return headers;
        }
        Map<String, String> all = new HashMap<>(headers);
        all.keySet()
                .removeIf(name -> name.equalsIgnoreCase(TraceContext.TRACEPARENT)
                        || name.equalsIgnoreCase(TraceContext.TRACESTATE));
        forEach(trace, all::put);
        return all;
    }
}
