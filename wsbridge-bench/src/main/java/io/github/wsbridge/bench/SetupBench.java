package io.github.wsbridge.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures how many bridges per second are set up: request, invitation over the listen socket, accept, established,
 * closed.
 */
final class SetupBench implements Bench {

    static final String NAME = "setup";
    static final String RATE = "bridges-per-second";

    /** Just enough to keep all processes busy. */
    private static final int CONCURRENCY = 64;

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        Node node = rig.startNode();
        int rounds = rig.plan().rounds();
        for (int round = 1; round <= rounds; round++) {
            int warmup = round == 1 ? 2 * rig.plan().warmup() : rig.plan().settle();
            int millis = rig.plan().setup() / rounds;
            double cpu = ProcStat.cpuSeconds(List.of(node.child()));
            Map<String, String> answer = rig.requesters()
                    .ask(
                            "setup concurrency=" + CONCURRENCY + " warmup=" + warmup + " millis=" + millis + " devices="
                                    + Node.DEVICES + " target=" + node.connect("setup"),
                            Duration.ofSeconds(60).plusMillis(warmup + millis));
            cpu = ProcStat.cpuSeconds(List.of(node.child())) - cpu;
            Map<String, Double> values = new LinkedHashMap<>();
            values.put(RATE, Rig.number(answer, "rate"));
            values.put(Results.P50, Rig.number(answer, "p50") / 1_000);
            values.put(Results.P99, Rig.number(answer, "p99") / 1_000);
            values.put("node-cpu-cores", cpu * 1_000 / (warmup + millis));
            rig.add(NAME, Subject.OURS, round, values);
        }
        node.stop();
    }
}
