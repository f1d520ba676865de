package io.github.wsbridge.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures the memory and CPU time of thousands of idle bridges. */
final class IdleBench implements Bench {

    static final String NAME = "idle";
    static final String RSS = "rss-bytes-per-bridge";
    static final String CPU = "cpu-cores";

    private static final int CONCURRENCY = 64;
    private static final int WARM_UP = 500;
    private static final int SECONDS = 180;

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        Node node = rig.startNode();
        int count = rig.plan().idle();
        // The node has had bridges before, so that one-time class loading and compilation are not counted.
        gather(rig, node, "idle", Math.min(count, WARM_UP));
        rig.requesters().ask("release");
        released(rig);
        node.heap().collectGarbage();
        long before = ProcStat.residentBytes(node.child());
        long heapBefore = node.heap().usedBytes();

        Map<String, String> gathered = gather(rig, node, "idle", count);
        long raw = ProcStat.residentBytes(node.child());
        node.heap().collectGarbage();
        long after = ProcStat.residentBytes(node.child());
        long heapAfter = node.heap().usedBytes();
        double cpu = ProcStat.cpuSeconds(List.of(node.child()));
        Rig.pause(rig.plan().idleWindow());
        cpu = ProcStat.cpuSeconds(List.of(node.child())) - cpu;

        Map<String, String> state = rig.requesters().ask("held");
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("bridges", Rig.number(state, "standing"));
        values.put("failed", Rig.number(state, "failed"));
        values.put("seconds-to-set-up", Rig.number(gathered, "millis") / 1_000);
        values.put(RSS, (double) (after - before) / count);
        values.put("rss-bytes-per-bridge-before-gc", (double) (raw - before) / count);
        values.put("heap-bytes-per-bridge", (double) (heapAfter - heapBefore) / count);
        values.put(CPU, cpu * 1_000 / rig.plan().idleWindow());
        rig.add(NAME, Subject.OURS, 1, values);
        rig.requesters().ask("release");
        released(rig);
        node.stop();
    }

    /** Opens bridges that stay open until they are released. */
    static Map<String, String> gather(Rig rig, Node node, String what, int count)
            throws IOException, InterruptedException {
        return rig.requesters()
                .ask(
                        "hold count=" + count + " devices=" + Node.DEVICES + " concurrency=" + CONCURRENCY + " seconds="
                                + SECONDS + " target=" + node.connect(what),
                        Duration.ofSeconds(SECONDS + 10));
    }

    /** Waits until all of them have ended. */
    static void released(Rig rig) throws IOException, InterruptedException {
        Waiting.until(
                Duration.ofSeconds(60),
                Duration.ofMillis(50),
                () -> "some bridges have not ended",
                () -> "0".equals(rig.requesters().ask("held").get("standing"))
                        && "0".equals(rig.devices().ask("count").get("held")));
    }
}
