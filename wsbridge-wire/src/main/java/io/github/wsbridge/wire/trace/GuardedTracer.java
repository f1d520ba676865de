package io.github.wsbridge.wire.trace;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.SetupTracer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A tracer whose failures affect nothing but the trace, and whose spans end once. */
public final class GuardedTracer implements SetupTracer {

    private static final Logger log = LoggerFactory.getLogger(GuardedTracer.class);

    private final SetupTracer tracer;

    private GuardedTracer(SetupTracer tracer) {
        this.tracer = tracer;
    }

    public static SetupTracer of(SetupTracer tracer) {
        return tracer == NONE || tracer instanceof GuardedTracer ? tracer : new GuardedTracer(tracer);
    }

    @Override
    public Span start(Step step, TraceContext from, TraceContext related) {
        Span span = attempt(() -> tracer.start(step, from, related), () -> from);
        return new Guarded(span, attempt(span::context, from));
    }

    private static <T> T attempt(Supplier<T> call, T otherwise) {
        try {
            return Objects.requireNonNull(call.get(), "a tracer returned null");
        } catch (Throwable e) { // even an Error: a trace is not worth a bridge
            log.warn("the tracer failed: {}", e.toString());
            log.debug("its failure", e);
            return otherwise;
        }
    }

    private static void attempt(Runnable call) {
        attempt(
                () -> {
                    call.run();
                    return true;
                },
                false);
    }

    private static final class Guarded implements Span {
        private final Span span;
        private final TraceContext context;
        private final AtomicBoolean ended = new AtomicBoolean();

        Guarded(Span span, TraceContext context) {
            this.span = span;
            this.context = context;
        }

        @Override
        public TraceContext context() {
            return context;
        }

        @Override
        public void bridge(BridgeId bridgeId) {
            attempt(() -> span.bridge(bridgeId));
        }

        @Override
        public void end(@Nullable CloseReason failure) {
            if (!ended.getAndSet(true)) {
                attempt(() -> span.end(failure));
            }
        }

        @Override
        public Scope enter() {
            Scope scope = attempt(span::enter, () -> {});
            return () -> attempt(scope::close);
        }
    }
}
