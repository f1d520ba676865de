package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Measures what thousands of idle listening devices cost a node: memory, descriptors, CPU time and traffic. */
final class ListenBench implements Bench {

    static final String NAME = "listen";
    static final String TLS = "listen-tls";
    static final String RSS = "rss-bytes-per-device";
    static final String CPU = "cpu-cores";

    /** The end of the names of what is measured while each device pings as often as {@code wsbridge device} does. */
    private static final String CHECKED = "-checked";

    private static final int LISTEN_KEEPALIVE = 2_500;
    private static final int CONCURRENCY = 64;
    private static final int SECONDS = 180;

    private final boolean tls;

    private ListenBench(boolean tls) {
        this.tls = tls;
    }

    static ListenBench plain() {
        return new ListenBench(false);
    }

    /** Fewer devices, each with a thread of the generator. */
    static ListenBench tls() {
        return new ListenBench(true);
    }

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        @Nullable TlsFiles keys = tls ? rig.tls() : null;
        int count = tls ? rig.plan().listening() / 10 : rig.plan().listening();
        // The node has had devices before, so that one-time class loading and compilation are not counted.
        Node node = rig.startNode(rig.settings(), keys, Node.DEVICES, "--max-listeners", "12000");
        List<Child> child = List.of(node.child());
        node.heap().collectGarbage();
        long before = ProcStat.residentBytes(node.child());
        long heapBefore = node.heap().usedBytes();
        long descriptors = descriptors(node);
        double cpu = ProcStat.cpuSeconds(child);
        long begin = System.nanoTime();
        gather(rig, node, count);
        double seconds = (System.nanoTime() - begin) / 1e9;
        double connecting = ProcStat.cpuSeconds(child) - cpu;
        long raw = ProcStat.residentBytes(node.child());
        node.heap().collectGarbage();

        Map<String, Double> values = new LinkedHashMap<>();
        values.put("devices", (double) count);
        values.put("rss-mib-without", before / 1_048_576.0);
        values.put(RSS, (double) (ProcStat.residentBytes(node.child()) - before) / count);
        values.put("rss-bytes-per-device-before-gc", (double) (raw - before) / count);
        values.put("heap-bytes-per-device", (double) (node.heap().usedBytes() - heapBefore) / count);
        values.put("descriptors-per-device", (double) (descriptors(node) - descriptors) / count);
        values.put("connects-per-second", count / seconds);
        values.put("cpu-millis-per-connect", connecting * 1_000 / count);
        watch(rig, node, count, values, "", rig.plan().idleWindow());
        if (!tls) {
            watch(rig, node, count, values, CHECKED, LISTEN_KEEPALIVE);
            values.put("devices-after", Rig.number(rig.devices().ask("count"), "listening"));
        }
        rig.add(tls ? TLS : NAME, Subject.OURS, 1, values);
        node.stop();
    }

    /** Measures what it costs that they are there; {@code pause} is the time between two pings of a device. */
    private static void watch(Rig rig, Node node, int count, Map<String, Double> values, String suffix, int pause)
            throws IOException, InterruptedException {
        List<Child> child = List.of(node.child());
        double cpu = ProcStat.cpuSeconds(child);
        long bytes = loopbackBytes();
        long begin = System.nanoTime();
        for (int passed = 0; passed < rig.plan().idleWindow(); passed += pause) {
            Rig.pause(pause);
            if (pause == LISTEN_KEEPALIVE) {
                rig.devices().ask("ping");
            }
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        values.put("loopback-bytes-per-device-minute" + suffix, (loopbackBytes() - bytes) * 60 / seconds / count);
        values.put(CPU + suffix, (ProcStat.cpuSeconds(child) - cpu) / seconds);
    }

    private void gather(Rig rig, Node node, int count) throws IOException, InterruptedException {
        if (tls) {
            node.listen(rig.devices(), count);
        } else {
            rig.devices()
                    .ask(
                            "hold count=" + count + " concurrency=" + CONCURRENCY + " seconds=" + SECONDS + " target="
                                    + node.url() + "/bridge/listen?deviceId=idle-",
                            Duration.ofSeconds(SECONDS + 10));
        }
    }

    private static long descriptors(Node node) throws IOException {
        try (Stream<Path> open =
                Files.list(Path.of("/proc", Long.toString(node.child().pid()), "fd"))) {
            return open.count();
        }
    }

    /** Returns the bytes, with TCP and IP headers, that all programs have sent over the loopback interface. */
    private static long loopbackBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/net/dev")).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("lo:"))
                .mapToLong(line -> Long.parseLong(line.substring(3).strip().split("\\s+")[0]))
                .sum();
    }
}
