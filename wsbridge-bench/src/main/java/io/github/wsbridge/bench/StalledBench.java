package io.github.wsbridge.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures the memory of bridges whose readers do not read while their senders send as much as they can, and the effect
 * on others. On stalled bridges, only the devices do not read; on jammed ones, both ends send and neither one reads.
 */
final class StalledBench implements Bench {

    static final String NAME = "stalled";
    static final String JAMMED = "jammed";
    static final String RSS = "rss-bytes-per-bridge";
    static final String OTHERS = "rate-of-others";

    /** Four seconds: nodes wait up to three for a sign of life before they send much to a device. */
    private static final int LOOKS = 16;

    /** The frame size, in bytes. */
    static final int FRAME = RelayBench.Size.KIB_16.bytes();

    private final String name;
    private final String device;
    private final String flood;

    private StalledBench(String name, String device, String flood) {
        this.name = name;
        this.device = device;
        this.flood = flood + " frame=" + FRAME;
    }

    static StalledBench oneWay() {
        return new StalledBench(NAME, "stall", "flood");
    }

    static StalledBench bothWays() {
        return new StalledBench(JAMMED, "jam", "flood stall=true");
    }

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        Node node = rig.startNode();
        int count = rig.plan().stalled();
        int frame = RelayBench.Size.KIB_64.bytes();
        rig.flows().warmUp(node.subject(), frame);
        double alone = median(rig, node, frame);
        node.heap().collectGarbage();
        long before = ProcStat.residentBytes(node.child());
        long heapBefore = node.heap().usedBytes();
        long kernelBefore = ProcStat.tcpMemory();

        IdleBench.gather(rig, node, device, count);
        rig.requesters().ask(flood);
        stuck(rig);
        long kernel = ProcStat.tcpMemory();
        long raw = ProcStat.residentBytes(node.child());
        double beside = median(rig, node, frame);
        node.heap().collectGarbage();
        long after = ProcStat.residentBytes(node.child());
        long heapAfter = node.heap().usedBytes();

        Map<String, String> state = rig.requesters().ask("held");
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("bridges", Rig.number(state, "standing"));
        values.put("failed", Rig.number(state, "failed"));
        values.put(RSS, (double) (after - before) / count);
        values.put("rss-bytes-per-bridge-before-gc", (double) (raw - before) / count);
        values.put("heap-bytes-per-bridge", (double) (heapAfter - heapBefore) / count);
        values.put("kernel-bytes-per-bridge", (double) (kernel - kernelBefore) / count);
        values.put("gbit-alone", alone);
        values.put("gbit-beside", beside);
        values.put(OTHERS, beside / alone);
        rig.add(name, Subject.OURS, 1, values);
        rig.requesters().ask("release");
        rig.devices().ask("drop");
        node.stop();
        IdleBench.released(rig);
    }

    private static double median(Rig rig, Node node, int frame) throws IOException, InterruptedException {
        Results rounds = new Results();
        for (int round = 1; round <= rig.plan().rounds(); round++) {
            rounds.add(NAME, Subject.OURS, round, rig.flows().rate(node.subject(), frame, 1));
        }
        return rounds.median(NAME, Subject.OURS, Results.GBIT).orElseThrow();
    }

    /** Waits until every buffer on the way is full, that is, until several checks in a row find no progress. */
    private static void stuck(Rig rig) throws IOException, InterruptedException {
        String[] last = {""};
        int[] same = {0};
        Waiting.until(Duration.ofSeconds(60), Duration.ofMillis(250), () -> "senders still make progress", () -> {
            String sent = String.valueOf(rig.requesters().ask("held").get("sent"));
            same[0] = sent.equals(last[0]) ? same[0] + 1 : 0;
            last[0] = sent;
            return same[0] >= LOOKS;
        });
    }
}
