package io.github.wsbridge.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A node that is killed and started again at the same address, or observed for leaks. */
final class SoakNode {

    /** What Netty's leak detector says, and what the launcher says of a failure that it did not expect. */
    private static final List<String> COMPLAINTS = List.of("LEAK:", "OutOfMemoryError");

    /** What a process holds, after a garbage collection. */
    record Holdings(long descriptors, long threads, long heapBytes, long directBytes) {

        @Override
        public String toString() {
            return "%d descriptors, %d threads, %.1f MB heap, %.1f MB direct"
                    .formatted(descriptors, threads, heapBytes / 1e6, directBytes / 1e6);
        }
    }

    private final Processes processes;
    private final String name;
    private final List<String> command;
    private final int managementPort;
    private final HttpClient http;
    private final List<Path> logs = new ArrayList<>();
    private @Nullable Child child;

    SoakNode(Processes processes, String name, List<String> command, int managementPort, HttpClient http) {
        this.processes = processes;
        this.name = name;
        this.command = command;
        this.managementPort = managementPort;
        this.http = http;
    }

    void start() throws IOException, InterruptedException {
        Child started = processes.start(name, command);
        logs.add(started.log());
        child = started;
        started.awaitLine(ReadyLine.NODE);
    }

    private Child child() {
        if (child == null) {
            throw new IllegalStateException(name + " has not been started");
        }
        return child;
    }

    /** Ends the process, in good order or not, and returns when it has ended. */
    void end(boolean inGoodOrder) throws InterruptedException {
        if (!inGoodOrder) {
            child().process().destroyForcibly();
        }
        processes.end(child());
    }

    void checkAlive() throws IOException {
        child().checkAlive();
    }

    /** Returns the bridges that are pending, active or forwarded. */
    long bridges() throws IOException, InterruptedException {
        String metrics = metrics();
        return (long) (value(metrics, "wsbridge_bridges_pending")
                + value(metrics, "wsbridge_bridges_active")
                + value(metrics, "wsbridge_forwards_active"));
    }

    /** Returns the devices that listen on this node. */
    long listeners() throws IOException, InterruptedException {
        return (long) value(metrics(), "wsbridge_listeners");
    }

    Holdings holdings() throws IOException, InterruptedException {
        JvmHeap heap = new JvmHeap(processes, child());
        heap.collectGarbage();
        long descriptors;
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(child().pid()), "fd"))) {
            descriptors = open.count();
        }
        long threads;
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(child().pid()), "task"))) {
            threads = all.count();
        }
        return new Holdings(
                descriptors, threads, heap.usedBytes(), (long) value(metrics(), "wsbridge_direct_memory_bytes"));
    }

    private String metrics() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + "/metrics"))
                .timeout(Duration.ofSeconds(10))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private static double value(String metrics, String metric) throws IOException {
        return metrics.lines()
                .filter(line -> line.startsWith(metric + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new IOException("no " + metric));
    }

    /** Returns the lines of its log that tell of a leak. */
    List<String> complaints() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path log : logs) {
            try (Stream<String> lines = Files.lines(log)) {
                lines.filter(line -> COMPLAINTS.stream().anyMatch(line::contains))
                        .map(line -> name + ": " + line)
                        .forEach(found::add);
            }
        }
        return found;
    }
}
