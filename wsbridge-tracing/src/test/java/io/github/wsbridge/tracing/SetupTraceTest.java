package io.github.wsbridge.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.SetupTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trace of setting up a bridge across three nodes, by real sockets. */
class SetupTraceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private TracedNodes cluster;

    private void start(Function<OpenTelemetry, SetupTracer> tracing) throws Exception {
        cluster = new TracedNodes(tracing, PATIENCE);
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private void awaitSpans(int count) {
        await().atMost(PATIENCE).until(() -> cluster.spans().size() >= count);
    }

    private BridgeDevice.Handler worker(OpenTelemetry device) {
        return incoming -> {
            device.getTracer("app").spanBuilder("work").startSpan().end();
            incoming.accept().get(30, TimeUnit.SECONDS).close();
        };
    }

    /** Connects as a plain WebSocket client with its own header fields. */
    private Leg raw(URI url, Map<String, String> headers) throws Exception {
        return cluster.connector
                .connect(new Connector.Target(url, headers, "", PATIENCE))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private Invitation invited(Map<String, String> headers) throws Exception {
        raw(URI.create(cluster.url(0) + "/bridge/connect?deviceId=fake-1"), headers);
        return cluster.signaller.take(PATIENCE);
    }

    @Test
    void bridge_acrossThreeNodes_isOneTrace() throws Exception {
        start(OpenTelemetryTracer::of);
        OpenTelemetry device = cluster.telemetry("device");
        cluster.device(device, worker(device));
        OpenTelemetry requester = cluster.telemetry("requester");
        Span asked = requester.getTracer("app").spanBuilder("visit").startSpan();
        String bridgeId;
        try (Scope scope = asked.makeCurrent();
                BridgeChannel bridge =
                        cluster.client(requester).connect("device-1").get(30, TimeUnit.SECONDS)) {
            bridgeId = bridge.bridgeId().toString();
        }
        asked.end();
        awaitSpans(11);
        assertThat(cluster.tree())
                .containsExactlyInAnyOrder(
                        "requester visit INTERNAL",
                        "requester bridge connect CLIENT < requester visit INTERNAL",
                        "A bridge connect SERVER < requester bridge connect CLIENT",
                        "A bridge signal PRODUCER < A bridge connect SERVER",
                        "B bridge deliver CONSUMER < A bridge signal PRODUCER",
                        "device bridge invitation CONSUMER < B bridge deliver CONSUMER",
                        "device work INTERNAL < device bridge invitation CONSUMER",
                        "device bridge accept CLIENT < device bridge invitation CONSUMER",
                        "C bridge accept SERVER < device bridge accept CLIENT",
                        "C bridge forward CLIENT < C bridge accept SERVER",
                        "A bridge accept SERVER < C bridge forward CLIENT");
        assertThat(cluster.spans())
                .extracting(SpanData::getTraceId)
                .containsOnly(asked.getSpanContext().getTraceId());
        assertThat(cluster.spans()).allMatch(span -> span.getStatus().getStatusCode() == StatusCode.UNSET);
        assertThat(cluster.spans()).allMatch(span -> span.getLinks().isEmpty());
        assertThat(cluster.spans().stream().filter(span -> span.getName().startsWith("bridge")))
                .allMatch(span -> bridgeId.equals(span.getAttributes().get(Names.BRIDGE_ID)));
        Map<String, Object> forward = attributes(cluster.span("C", "bridge forward"));
        assertThat(forward).containsEntry("server.address", "127.0.0.1").containsEntry("server.port", (long)
                cluster.url(0).getPort());
        assertThat(attributes(cluster.span("A", "bridge accept"))).containsEntry("wsbridge.hop", "forwarded");
        assertThat(attributes(cluster.span("A", "bridge signal")))
                .containsEntry("wsbridge.channel", "listen")
                .containsEntry("wsbridge.device.id", "device-1");
        assertThat(attributes(cluster.span("A", "bridge connect"))).containsEntry("client.address", "127.0.0.1");
    }

    private static Map<String, Object> attributes(SpanData span) {
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), Map.Entry::getValue));
    }

    @Test
    void nodesWithoutTracer_passTheTraceOn() throws Exception {
        start(telemetry -> SetupTracer.NONE);
        OpenTelemetry device = cluster.telemetry("device");
        cluster.device(device, worker(device));
        cluster.client(cluster.telemetry("requester"))
                .connect("device-1")
                .get(30, TimeUnit.SECONDS)
                .close();
        awaitSpans(4);
        assertThat(cluster.tree())
                .containsExactlyInAnyOrder(
                        "requester bridge connect CLIENT",
                        "device bridge invitation CONSUMER < requester bridge connect CLIENT",
                        "device work INTERNAL < device bridge invitation CONSUMER",
                        "device bridge accept CLIENT < device bridge invitation CONSUMER");
    }

    @Test
    void deviceOffline_endsSpansWithItsCode() throws Exception {
        start(OpenTelemetryTracer::of);
        assertThatThrownBy(() -> cluster.client(cluster.telemetry("requester"))
                        .connect("nobody")
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("4404");
        awaitSpans(3);
        assertThat(cluster.tree())
                .containsExactlyInAnyOrder(
                        "requester bridge connect CLIENT 4404",
                        "A bridge connect SERVER 4404 < requester bridge connect CLIENT 4404",
                        "A bridge signal PRODUCER 4404 < A bridge connect SERVER 4404");
        SpanData connect = cluster.span("A", "bridge connect");
        assertThat(connect.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(connect.getStatus().getDescription()).isEqualTo("4404 the device is not listening");
        assertThat(attributes(connect)).containsEntry("wsbridge.close.code", 4404L);
    }

    @Test
    void deviceRejects_endsSpansWithItsCode() throws Exception {
        start(OpenTelemetryTracer::of);
        cluster.device(cluster.telemetry("device"), incoming -> incoming.reject(403, "not now"));
        assertThatThrownBy(() -> cluster.client(cluster.telemetry("requester"))
                        .connect("device-1")
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("not now");
        awaitSpans(5);
        assertThat(cluster.tree())
                .containsExactlyInAnyOrder(
                        "requester bridge connect CLIENT 4403",
                        "A bridge connect SERVER 4403 < requester bridge connect CLIENT 4403",
                        "A bridge signal PRODUCER < A bridge connect SERVER 4403",
                        "B bridge deliver CONSUMER < A bridge signal PRODUCER",
                        "device bridge invitation CONSUMER 4403 < B bridge deliver CONSUMER");
    }

    @Test
    void deviceSilent_endsSpansWithTheTimeout() throws Exception {
        cluster = new TracedNodes(OpenTelemetryTracer::of, Duration.ofSeconds(5));
        cluster.device(cluster.telemetry("device"), incoming -> {});
        assertThatThrownBy(() -> cluster.client(cluster.telemetry("requester"))
                        .connect("device-1")
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("4408");
        awaitSpans(5);
        assertThat(cluster.tree())
                .contains(
                        "A bridge connect SERVER 4408 < requester bridge connect CLIENT 4408",
                        "device bridge invitation CONSUMER 4408 < B bridge deliver CONSUMER");
    }

    @Test
    void channelThatNeverAnswers_endsItsSpanWithTheBridge() throws Exception {
        start(OpenTelemetryTracer::of);
        cluster.signaller.answer(invitation -> new CompletableFuture<>());
        Leg requester = raw(URI.create(cluster.url(0) + "/bridge/connect?deviceId=fake-1"), Map.of());
        cluster.signaller.take(PATIENCE);
        requester.abort();
        awaitSpans(3);
        assertThat(cluster.tree())
                .containsExactlyInAnyOrder(
                        "A bridge connect SERVER 4000",
                        "A bridge signal PRODUCER 4404 < A bridge connect SERVER 4000",
                        "A bridge signal PRODUCER < A bridge connect SERVER 4000");
    }

    @Test
    void tokenOfAGoneRequester_endsSpansWithItsCode_inTheTraceOfTheBridge() throws Exception {
        start(OpenTelemetryTracer::of);
        Invitation invitation = invited(Map.of());
        Leg device = raw(invitation.acceptUrl(), Map.of(TraceContext.TRACEPARENT, "00-nonsense"));
        awaitSpans(6);
        // The device brings no trace, so C begins one, and the owner knows to which one the bridge belongs.
        assertThat(cluster.tree())
                .contains("A bridge accept SERVER < C bridge forward CLIENT", "C bridge accept SERVER");
        assertThat(cluster.span("A", "bridge accept").getLinks())
                .extracting(link -> link.getSpanContext().getTraceId())
                .containsExactly(cluster.span("A", "bridge connect").getTraceId());
        device.abort();
        raw(invitation.acceptUrl(), Map.of(TraceContext.TRACEPARENT, PARENT));
        await().atMost(PATIENCE)
                .until(() -> cluster.tree().contains("A bridge accept SERVER 4410 < C bridge forward CLIENT"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
                "' or 1=1 --"
            })
    void hostileTraceparent_isNeitherContinuedNorPassedOn(String traceparent) throws Exception {
        start(OpenTelemetryTracer::of);
        Invitation invitation = invited(Map.of(TraceContext.TRACEPARENT, traceparent, TraceContext.TRACESTATE, "a=1"));
        SpanData signal = signalled();
        assertThat(invitation.trace().traceId()).isEqualTo(signal.getTraceId());
        assertThat(signal.getTraceId()).isNotEqualToIgnoringCase("0af7651916cd43dd8448eb211c80319c");
        assertThat(invitation.trace().tracestate()).isEmpty();
    }

    @Test
    void tracestate_isPassedOnUnlessItIsTooLong() throws Exception {
        start(OpenTelemetryTracer::of);
        Invitation kept = invited(Map.of(TraceContext.TRACEPARENT, PARENT, TraceContext.TRACESTATE, "a=1, b=2"));
        assertThat(kept.trace().traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
        assertThat(kept.trace().tracestate()).isEqualTo("a=1,b=2");
        String tooLong = "a=" + "x".repeat(256) + ",b=" + "x".repeat(256);
        Invitation cut = invited(Map.of(TraceContext.TRACEPARENT, PARENT, TraceContext.TRACESTATE, tooLong));
        assertThat(cut.trace().traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
        assertThat(cut.trace().tracestate()).isEmpty();
        assertThat(cut.acceptUrl().toString()).doesNotContain("0af7651916cd43dd8448eb211c80319c");
    }

    @Test
    void distrustingNode_beginsATraceOfItsOwn_andLinksIt() throws Exception {
        start(OpenTelemetryTracer::distrustingClients);
        Invitation invitation = invited(Map.of(TraceContext.TRACEPARENT, PARENT, TraceContext.TRACESTATE, "a=1"));
        assertThat(invitation.trace().traceId()).isNotEqualTo("0af7651916cd43dd8448eb211c80319c");
        raw(
                invitation.acceptUrl(),
                Map.of(TraceContext.TRACEPARENT, invitation.trace().traceparent()));
        awaitSpans(6);
        SpanData connect = cluster.span("A", "bridge connect");
        assertThat(connect.getParentSpanContext().isValid()).isFalse();
        assertThat(connect.getLinks())
                .extracting(link -> link.getSpanContext().getSpanId())
                .containsExactly("b7ad6b7169203331");
        SpanData arrived = cluster.span("C", "bridge accept");
        assertThat(arrived.getTraceId()).isNotEqualTo(connect.getTraceId());
        assertThat(arrived.getLinks()).extracting(LinkData::getSpanContext).hasSize(1);
        SpanData joined = cluster.span("A", "bridge accept"); // another node is believed
        assertThat(joined.getTraceId()).isEqualTo(arrived.getTraceId());
        assertThat(joined.getLinks())
                .extracting(link -> link.getSpanContext().getTraceId())
                .containsExactly(connect.getTraceId());
    }

    private SpanData signalled() {
        awaitSpans(2);
        return cluster.spans().stream()
                .filter(span -> "custom".equals(attributes(span).get("wsbridge.channel")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void withoutAnyTrace_nothingIsPassedOn() throws Exception {
        start(telemetry -> SetupTracer.NONE);
        assertThat(invited(Map.of()).trace()).isEqualTo(TraceContext.NONE);
    }
}
