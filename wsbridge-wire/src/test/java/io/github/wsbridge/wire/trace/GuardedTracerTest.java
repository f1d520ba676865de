package io.github.wsbridge.wire.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Span;
import io.github.wsbridge.spi.SetupTracer.Step;
import io.github.wsbridge.testkit.SetupTracerContract;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GuardedTracerTest extends SetupTracerContract {

    private static final Step STEP = new Step(Kind.CONNECT, null, "device-1", "");
    private static final TraceContext FROM =
            TraceContext.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "");

    @Override
    protected SetupTracer tracer() {
        return GuardedTracer.of((step, from, related) -> {
            throw new AssertionError("broken on purpose");
        });
    }

    @Test
    void end_again_isNotPassedOn() {
        List<Object> ends = new ArrayList<>();
        Span span = GuardedTracer.of((step, from, related) -> new Span() {
                    @Override
                    public TraceContext context() {
                        return FROM;
                    }

                    @Override
                    public void end(@Nullable CloseReason failure) {
                        ends.add(String.valueOf(failure));
                        throw new IllegalStateException("broken on purpose");
                    }

                    @Override
                    public SetupTracer.Scope enter() {
                        throw new IllegalStateException("broken on purpose");
                    }
                })
                .start(STEP, TraceContext.NONE, TraceContext.NONE);
        span.enter().close();
        span.end(null);
        span.end(CloseReason.normal());
        assertThat(ends).containsExactly("null");
        assertThat(span.context()).isEqualTo(FROM);
    }

    @Test
    void of_none_costsNothing() {
        assertThat(GuardedTracer.of(SetupTracer.NONE)).isSameAs(SetupTracer.NONE);
        assertThat(SetupTracer.NONE.start(STEP, FROM, TraceContext.NONE).context())
                .isSameAs(FROM);
    }
}
