package io.github.wsbridge.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Step;
import io.github.wsbridge.testkit.SetupTracerContract;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenTelemetryTracerTest extends SetupTracerContract {

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .build();

    @AfterEach
    void stop() {
        GlobalOpenTelemetry.resetForTest();
        sdk.close();
    }

    @Override
    protected SetupTracer tracer() {
        return OpenTelemetryTracer.of(sdk);
    }

    /** As with the Java agent, which sets the global instance before the program starts. */
    @Test
    void globalInstance_isPickedUp() {
        GlobalOpenTelemetry.set(sdk);
        OpenTelemetryTracer.of(GlobalOpenTelemetry.get())
                .start(new Step(Kind.REQUEST, null, "device-1", ""), TraceContext.NONE, TraceContext.NONE)
                .end(null);
        assertThat(spans.getFinishedSpanItems()).hasSize(1);
    }

    @Test
    void withoutAnSdk_theTraceIsPassedOn() {
        TraceContext from = TraceContext.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=1");
        SetupTracer tracer = OpenTelemetryTracer.of(OpenTelemetry.noop());
        Step step = new Step(Kind.CONNECT, null, "device-1", "");
        assertThat(tracer.start(step, from, TraceContext.NONE).context()).isEqualTo(from);
        assertThat(tracer.start(step, TraceContext.NONE, TraceContext.NONE).context())
                .isEqualTo(TraceContext.NONE);
    }
}
