package io.github.wsbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Scope;
import io.github.wsbridge.spi.SetupTracer.Span;
import io.github.wsbridge.spi.SetupTracer.Step;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link SetupTracer} must do. */
public abstract class SetupTracerContract {

    private static final TraceContext FROM =
            TraceContext.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "rojo=1");
    private static final TraceContext OTHER =
            TraceContext.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "");

    /** For subclasses. */
    protected SetupTracerContract() {}

    /** Returns the tracer, which continues the traces of clients. */
    protected abstract SetupTracer tracer();

    private static Step step(Kind kind, String peer) {
        return new Step(kind, new BridgeId(1, 2), "device-1", kind == Kind.ACCEPT ? Hop.DIRECT : null, "", peer);
    }

    /** The trace goes on. */
    @ParameterizedTest
    @EnumSource
    void start_continuesTheTrace(Kind kind) {
        for (TraceContext related : new TraceContext[] {TraceContext.NONE, FROM, OTHER}) {
            Span span = tracer().start(step(kind, "192.0.2.7:50123"), FROM, related);
            assertThat(span.context().traceId()).isEqualTo(FROM.traceId());
            assertThat(span.context().tracestate()).isEqualTo(FROM.tracestate());
            assertThat(span.context()).isEqualTo(span.context());
            span.end(null);
        }
    }

    /** Nothing that a step says makes it fail. */
    @ParameterizedTest
    @EnumSource
    void start_withAnything_works(Kind kind) {
        for (String peer : new String[] {"", "localhost", "[2001:db8::1]:80", "/run/a socket", "a:b:c", "\0"}) {
            tracer().start(step(kind, peer), TraceContext.NONE, TraceContext.NONE)
                    .end(CloseReason.vanished(""));
        }
        tracer().start(new Step(kind, null, "", ""), TraceContext.NONE, OTHER).end(null);
    }

    /** Only the first end counts, on whatever thread. */
    @Test
    void end_againOrElsewhere_doesNoHarm() throws Exception {
        Span span = tracer().start(step(Kind.REQUEST, ""), TraceContext.NONE, TraceContext.NONE);
        TraceContext context = span.context();
        CompletableFuture.runAsync(() -> span.end(new CloseReason(CloseReason.TIMED_OUT, "late")))
                .get(30, TimeUnit.SECONDS);
        span.bridge(new BridgeId(1, 2));
        span.end(null);
        assertThat(span.context()).isEqualTo(context);
    }

    /** Scopes nest, also in a span that has ended. */
    @Test
    void enter_nested_isLeft() {
        Span outer = tracer().start(step(Kind.INVITATION, ""), FROM, TraceContext.NONE);
        Span inner = tracer().start(step(Kind.OPEN, ""), outer.context(), TraceContext.NONE);
        outer.end(null);
        try (Scope first = outer.enter();
                Scope second = inner.enter()) {
            inner.end(null);
        }
        Span next = tracer().start(step(Kind.REQUEST, ""), OTHER, TraceContext.NONE);
        assertThat(next.context().traceId()).isEqualTo(OTHER.traceId());
        next.end(null);
    }
}
