package io.github.wsbridge.tracing;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.testkit.FakeSignaller;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Three nodes with real sockets. Requesters connect to A, a device listens on B, and accept URLs lead to C, so that
 * each bridge crosses all three. Devices whose ids begin with {@code fake} are A's {@link #signaller}'s.
 */
final class TracedNodes implements AutoCloseable {

    private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service.name");
    private static final int NODES = 3;

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final List<NettyBridgeServer> servers = new ArrayList<>();
    private final List<BridgeNode> nodes = new ArrayList<>();
    private final List<AutoCloseable> ends = new ArrayList<>();
    final FakeSignaller signaller = new FakeSignaller();
    final Connector connector = NettyConnector.create();

    /** @param tracing makes the tracer of a node */
    TracedNodes(Function<OpenTelemetry, SetupTracer> tracing, Duration acceptTimeout) throws Exception {
        for (int i = 0; i < NODES; i++) {
            servers.add(NettyBridgeServer.builder()
                    .address(new InetSocketAddress("127.0.0.1", 0))
                    .bind());
        }
        TokenKeys keys = TokenKeys.generate();
        for (int i = 0; i < NODES; i++) {
            BridgeNode node = BridgeNode.builder()
                    .publicUrl(url(2))
                    .address(address(i))
                    .keys(keys)
                    .insecure()
                    .connector(connector)
                    .peers(PeerDirectory.of(Set.of(address(0), address(1), address(2))))
                    .signaller("fake*", signaller)
                    .limits(Limits.builder().acceptTimeout(acceptTimeout).build())
                    .tracer(tracing.apply(telemetry("ABC".substring(i, i + 1))))
                    .build();
            nodes.add(node);
            servers.get(i).serve(node);
        }
    }

    /** Returns the SDK of a service, all of which export to the same memory. */
    OpenTelemetry telemetry(String service) {
        SdkTracerProvider provider = SdkTracerProvider.builder()
                .setResource(Resource.builder().put(SERVICE, service).build())
                .addSpanProcessor(SimpleSpanProcessor.create(spans))
                .build();
        return OpenTelemetrySdk.builder().setTracerProvider(provider).build();
    }

    BridgeClient client(OpenTelemetry telemetry) {
        BridgeClient client = BridgeClient.builder(url(0))
                .connector(connector)
                .tracer(OpenTelemetryTracer.of(telemetry))
                .build();
        ends.add(client);
        return client;
    }

    /** Starts {@code device-1}. */
    void device(OpenTelemetry telemetry, BridgeDevice.Handler handler) throws Exception {
        BridgeDevice device = BridgeDevice.builder("device-1", url(1), handler)
                .connector(connector)
                .allowOrigin(url(2))
                .daemon(true)
                .tracer(OpenTelemetryTracer.of(telemetry))
                .build()
                .start();
        ends.add(device);
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    URI url(int node) {
        return URI.create("ws://127.0.0.1:" + servers.get(node).address().getPort());
    }

    private NodeAddress address(int node) {
        return NodeAddress.parse(url(node).toString());
    }

    List<SpanData> spans() {
        return spans.getFinishedSpanItems();
    }

    /** Returns the only span of a service with a name. */
    SpanData span(String service, String name) {
        List<SpanData> found = spans().stream()
                .filter(span -> service(span).equals(service) && span.getName().equals(name))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " spans " + name + " of " + service + " in " + tree());
        }
        return found.get(0);
    }

    /** Returns all spans, each with its service, kind, parent and status. */
    List<String> tree() {
        Map<String, SpanData> byId =
                spans().stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
        return spans().stream()
                .map(span -> {
                    SpanData parent = byId.get(span.getParentSpanId());
                    return words(span) + (parent == null ? "" : " < " + words(parent));
                })
                .toList();
    }

    private static String words(SpanData span) {
        String error = span.getAttributes().get(Names.ERROR_TYPE);
        return service(span) + " " + span.getName() + " " + span.getKind() + (error == null ? "" : " " + error);
    }

    private static String service(SpanData span) {
        return String.valueOf(span.getResource().getAttribute(SERVICE));
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable end : ends) {
            end.close();
        }
        for (int i = 0; i < NODES; i++) {
            nodes.get(i).close();
            servers.get(i).close();
        }
        connector.close();
    }
}
