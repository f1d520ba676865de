package io.github.wsbridge.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernel's memory for the buffers of TCP connections, of the whole machine and not only of this process, and what
 * it may take of it. Near the limit, the kernel makes all connections slow: a node that many slow readers use may
 * get there long before its own memory is full. Linux only.
 */
final class KernelMemory {

    private static final Pattern USED = Pattern.compile("(?m)^TCP:.* mem ([0-9]+)");
    private static final Pattern LIMIT = Pattern.compile("^\\s*[0-9]+\\s+[0-9]+\\s+([0-9]+)");

    private final Path used;
    private final Path limit;

    KernelMemory(Path proc) {
        used = proc.resolve("net/sockstat");
        limit = proc.resolve("sys/net/ipv4/tcp_mem");
    }

    /** Adds the metrics that the system has. */
    void bindTo(MeterRegistry registry) {
        gauge(registry, "wsbridge.kernel.tcp.memory", used, USED, "Memory of the machine's TCP connections");
        gauge(registry, "wsbridge.kernel.tcp.memory.limit", limit, LIMIT, "What TCP connections may take at most");
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
