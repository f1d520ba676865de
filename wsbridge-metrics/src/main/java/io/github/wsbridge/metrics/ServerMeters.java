package io.github.wsbridge.metrics;

import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ServerStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The metrics of a server's connections and threads. */
final class ServerMeters {

    private static final ServerStats NONE = new ServerStats(0, 0, 0, 0, 0, 0, Duration.ZERO);

    private final Supplier<ServerStats> stats;
    private final String name;
    private final MeterRegistry registry;

    ServerMeters(BridgeServer server, String name, MeterRegistry registry) {
        this.stats = new Recent<>(() -> server.stats().orElse(NONE));
        this.name = name;
        this.registry = registry;
    }

    void bind() {
        gauge("wsbridge.server.connections", "Open connections", ServerStats::connections);
        gauge("wsbridge.server.handshakes", "Connections in their handshake", ServerStats::handshakes);
        counter("wsbridge.server.dropped", "Connections dropped for being too many", "", ServerStats::dropped);
        counter("wsbridge.server.tls.handshakes", "TLS handshakes", "success", ServerStats::tlsHandshakes);
        counter("wsbridge.server.tls.handshakes", "TLS handshakes", "failure", ServerStats::tlsFailures);
        Gauge.builder(
                        "wsbridge.server.loop.lag",
                        this,
                        self -> self.stats.get().lag().toNanos() / 1e9)
                .baseUnit("seconds")
                .description("How long a task waited for its turn on the busiest event loop")
                .tag("server", name)
                .register(registry);
        if (registry.find("wsbridge.direct.memory").gauge() == null) { // all servers of a process say the same
            Gauge.builder(
                            "wsbridge.direct.memory",
                            this,
                            self -> self.stats.get().directBytes())
                    .baseUnit("bytes")
                    .description("Memory outside the heap held for the buffers of connections")
                    .register(registry);
        }
    }

    private void gauge(String meter, String description, ToDoubleFunction<ServerStats> value) {
        Gauge.builder(meter, this, self -> value.applyAsDouble(self.stats.get()))
                .description(description)
                .tag("server", name)
                .register(registry);
    }

    private void counter(String meter, String description, String outcome, ToDoubleFunction<ServerStats> value) {
        FunctionCounter.Builder<ServerMeters> counter = FunctionCounter.builder(
                        meter, this, self -> value.applyAsDouble(self.stats.get()))
                .description(description)
                .tag("server", name);
        if (!outcome.isEmpty()) {
            counter.tag("outcome", outcome);
        }
        counter.register(registry);
    }
}
