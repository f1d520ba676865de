package io.github.wsbridge.metrics;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Traffic;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of one node, in a registry of Micrometer. docs/metrics.md says what they are called and what they mean.
 *
 * <pre>{@code
 * BridgeMetrics metrics = new BridgeMetrics(registry);
 * BridgeNode node = BridgeNode.builder().listener(metrics)….build();
 * metrics.bind(node);
 * metrics.bind(server, "public");
 * }</pre>
 *
 * <p>No label says who a device or a client is, and none has more than a few dozen values, whatever clients do. Bytes
 * are counted by the bridges themselves and added up when a value is read. One registry takes the metrics of one node.
 * Thread-safe.
 */
public final class BridgeMetrics implements BridgeListener, AutoCloseable {

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60)
    };

    private final MeterRegistry registry;
    private final Map<BridgeId, Progress> owned = new ConcurrentHashMap<>();
    private final CountedTraffic<BridgeId> bridges = new CountedTraffic<>();
    private final CountedTraffic<BridgeId> forwards = new CountedTraffic<>();
    private final ProcessMeters process = new ProcessMeters();
    private final ConcurrentLinkedQueue<Object> kept = new ConcurrentLinkedQueue<>(); // meters hold it weakly

    /** How far a bridge has come. */
    private static final class Progress {
        private final long since = System.nanoTime();
        private volatile String channel = "none";
        private volatile boolean established;
    }

    /**
     * Adds the metrics that need no node: those of its events, and of the kernel's memory for connections.
     *
     * @param registry where to
     */
    public BridgeMetrics(MeterRegistry registry) {
        this(registry, Path.of("/proc"));
    }

    BridgeMetrics(MeterRegistry registry, Path proc) {
        this.registry = registry;
        gauge("wsbridge.bridges.active", "Bridges of this node that are established", self -> self.bridges.running());
        gauge("wsbridge.forwards.active", "Devices forwarded to other nodes", self -> self.forwards.running());
        bytes("wsbridge.bridge.bytes", "Payload of this node's bridges", bridges);
        bytes("wsbridge.forward.bytes", "Payload of forwarded devices", forwards);
        for (Limit limit : Limit.values()) {
            limited(limit); // so that there is a zero before the first
        }
        counter("wsbridge.bridges.requested");
        counter("wsbridge.forwards");
        counter("wsbridge.listener.takeovers");
        counter("wsbridge.lockouts");
        new KernelMemory(proc).bindTo(registry);
    }

    /** Adds the metrics that a node answers. Called once. */
    public void bind(BridgeNode node) {
        NodeMeters meters = new NodeMeters(node, registry);
        kept.add(meters);
        meters.bind();
    }

    /**
     * Adds the metrics of a server, if it keeps some ({@link BridgeServer#stats}).
     *
     * @param name the value of the label {@code server}, a different one for each
     */
    public void bind(BridgeServer server, String name) {
        if (server.stats().isPresent()) {
            ServerMeters meters = new ServerMeters(server, name, registry);
            kept.add(meters);
            meters.bind();
        }
    }

    /**
     * Adds a metric that says which version runs. Called once.
     *
     * @param version the program's version
     */
    public void bindVersion(String version) {
        Gauge.builder("wsbridge.build.info", () -> 1)
                .description("Always 1; the label says what runs")
                .tag("version", version)
                .register(registry);
    }

    /** Adds the metrics of the JVM and the process. Called once; {@link #close} ends what observes the JVM. */
    public void bindProcess() {
        process.bindTo(registry);
    }

    /** Stops observing the JVM. The metrics stay in their registry. */
    @Override
    public void close() {
        process.close();
    }

    private void gauge(String name, String description, ToDoubleFunction<BridgeMetrics> value) {
        Gauge.builder(name, this, value).description(description).register(registry);
    }

    private void bytes(String name, String description, CountedTraffic<BridgeId> traffic) {
        bytes(name, description, "to_device", traffic, CountedTraffic::toDevice);
        bytes(name, description, "to_requester", traffic, CountedTraffic::toRequester);
    }

    private void bytes(
            String name,
            String description,
            String direction,
            CountedTraffic<BridgeId> traffic,
            ToDoubleFunction<CountedTraffic<BridgeId>> value) {
        FunctionCounter.builder(name, traffic, value)
                .description(description)
                .tag("direction", direction)
                .register(registry);
    }

    private Counter counter(String name, String... tags) {
        return Counter.builder(name).tags(tags).register(registry);
    }

    private Timer timer(String name, String... tags) {
        return Timer.builder(name).tags(tags).serviceLevelObjectives(BUCKETS).register(registry);
    }

    private Counter limited(Limit limit) {
        return counter("wsbridge.limit.hits", "limit", Labels.of(limit));
    }

    @Override
    public void onRequested(Bridge bridge, String principal) {
        owned.put(bridge.id(), new Progress());
        counter("wsbridge.bridges.requested").increment();
    }

    @Override
    public void onInvited(BridgeId bridgeId, String channel) {
        Progress progress = owned.get(bridgeId);
        if (progress != null) {
            progress.channel = channel;
        }
    }

    @Override
    public void onChannelAnswered(BridgeId bridgeId, String channel, Signaller.@Nullable Result result, Duration took) {
        timer("wsbridge.signal", "channel", channel, "outcome", Labels.outcome(result))
                .record(took);
    }

    @Override
    public void onEstablished(Bridge bridge, Hop hop) {
        bridges.add(bridge.id(), Traffic.of(bridge));
        counter("wsbridge.bridges.established", "hop", Labels.of(hop)).increment();
        Progress progress = owned.get(bridge.id());
        if (progress != null) {
            progress.established = true;
            timer("wsbridge.bridge.setup", "channel", progress.channel)
                    .record(Duration.ofNanos(System.nanoTime() - progress.since));
        }
    }

    @Override
    public void onClosed(Bridge bridge, CloseReason reason) {
        bridges.remove(bridge.id());
        Progress progress = owned.remove(bridge.id());
        String stage = progress != null && progress.established ? "established" : "pending";
        counter("wsbridge.bridges.ended", "stage", stage, "code", Labels.code(reason))
                .increment();
    }

    @Override
    public void onForwarded(BridgeId bridgeId, NodeAddress owner, Traffic traffic) {
        forwards.add(bridgeId, traffic);
        counter("wsbridge.forwards").increment();
    }

    @Override
    public void onForwardClosed(BridgeId bridgeId, CloseReason reason) {
        forwards.remove(bridgeId);
        counter("wsbridge.forwards.ended", "code", Labels.code(reason)).increment();
    }

    @Override
    public void onRefused(String where, int status, String remoteAddress) {
        counter("wsbridge.refusals", "endpoint", Labels.endpoint(where), "status", Labels.status(status))
                .increment();
    }

    @Override
    public void onLimited(Limit limit) {
        limited(limit).increment();
    }

    @Override
    public void onLockedOut(String remoteAddress, int failures) {
        counter("wsbridge.lockouts").increment();
    }

    @Override
    public void onTakeover(String deviceId, Client older, Client newer) {
        counter("wsbridge.listener.takeovers").increment();
    }
}
