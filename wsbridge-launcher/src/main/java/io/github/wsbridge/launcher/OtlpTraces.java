package io.github.wsbridge.launcher;

import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.tracing.OpenTelemetryTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/** Traces that are sent to a collector. What it does not take in time is dropped: bridges never wait for it. */
final class OtlpTraces implements TraceOptions.Traces {

    private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");
    private static final AttributeKey<String> SERVICE_VERSION = AttributeKey.stringKey("service.version");
    private static final int LAST_SECONDS = 2;

    private final SdkTracerProvider provider;
    private final SetupTracer tracer;

    private OtlpTraces(SdkTracerProvider provider, boolean trustsClients) {
        this.provider = provider;
        OpenTelemetry telemetry = new OpenTelemetry() {
            @Override
            public TracerProvider getTracerProvider() {
                return provider;
            }

            @Override
            public ContextPropagators getPropagators() {
                return ContextPropagators.noop();
            }
        };
        tracer = trustsClients ? OpenTelemetryTracer.of(telemetry) : OpenTelemetryTracer.distrustingClients(telemetry);
    }

    static OtlpTraces to(URI collector, double ratio, String service, boolean trustsClients) {
        String path = collector.getPath();
        URI endpoint = path == null || path.isEmpty() || path.equals("/") ? collector.resolve("/v1/traces") : collector;
        OtlpHttpSpanExporter exporter =
                OtlpHttpSpanExporter.builder().setEndpoint(endpoint.toString()).build();
        Attributes own = Attributes.of(SERVICE_NAME, service, SERVICE_VERSION, new Main.Version().number());
        SdkTracerProvider provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault().merge(Resource.create(own)))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio)))
                .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
                .build();
        return new OtlpTraces(provider, trustsClients);
    }

    @Override
    public SetupTracer tracer() {
        return tracer;
    }

    @Override
    public void close() {
        provider.shutdown().join(LAST_SECONDS, TimeUnit.SECONDS);
    }
}
