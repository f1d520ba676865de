package io.github.wsbridge.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernel's memory for the buffers of TCP connections, of the whole machine and not only of this process, and how
 * much of it puts the kernel under pressure: then it makes all connections slow. A node that many slow readers use may
 * get there long before its own memory is full. Linux only.
 */
final class KernelMemory {

    private static final Pattern USED = Pattern.compile("(?m)^TCP:.* mem ([0-9]+)");
    private static final Pattern PRESSURE = Pattern.compile("^\\s*[0-9]+\\s+([0-9]+)");

    private final Path used;
    private final Path pressure;

    KernelMemory(Path proc) {
        used = proc.resolve("net/sockstat");
        pressure = proc.resolve("sys/net/ipv4/tcp_mem");
    }

    /** Adds the metrics that the system has. */
    void bindTo(MeterRegistry registry) {
        gauge(registry, "wsbridge.kernel.tcp.memory", used, USED, "Memory of the machine's TCP connections");
        gauge(registry, "wsbridge.kernel.tcp.memory.pressure", pressure, PRESSURE, "From where on all are slowed down");
    }

    private void gauge(MeterRegistry registry, String name, Path file, Pattern pattern, String description) {
        if (!Double.isNaN(read(file, pattern))) {
            Gauge.builder(name, this, self -> read(file, pattern))
                    .strongReference(true)
                    .baseUnit("pages")
                    .description(description)
                    .register(registry);
        }
    }

    private static double read(Path file, Pattern pattern) {
        try {
            Matcher found = pattern.matcher(Files.readString(file));
            return found.find() ? Double.parseDouble(found.group(1)) : Double.NaN;
        } catch (IOException | SecurityException e) {
            return Double.NaN;
        }
    }
}
