package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures the round trip of a 64-byte message, alone and next to a saturated bridge. */
final class RttBench implements Bench {

    static final String ALONE = "rtt-64B";
    static final String LOADED = "rtt-64B-loaded";

    private static final List<String> SUBJECTS = List.of(Subject.OURS, Subject.HAPROXY_TCP, Subject.DIRECT);

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        measure(rig, rig.subject(Subject.OURS), rig.plan().warmup());
        rig.flows().drained();
        for (int round = 1; round <= rig.plan().rounds(); round++) {
            for (String name : Rig.order(SUBJECTS, round)) {
                Subject subject = rig.subject(name);
                Map<String, Double> values = measure(rig, subject, rig.plan().window());
                rig.flows().drained();
                rig.add(ALONE, name, round, values);
            }
        }
        for (int round = 1; round <= rig.plan().rounds(); round++) {
            for (String name : Rig.order(SUBJECTS, round)) {
                Subject subject = rig.subject(name);
                int flow = rig.flows().start(subject, RelayBench.Size.KIB_64.bytes());
                Map<String, Double> values = measure(rig, subject, rig.plan().window());
                rig.flows().stop(flow);
                rig.flows().drained();
                rig.add(LOADED, name, round, values);
            }
        }
    }

    /** Measures for a given time, after some that is not counted. */
    static Map<String, Double> measure(Rig rig, Subject subject, int millis) throws IOException, InterruptedException {
        Map<String, String> answer = rig.requesters()
                .ask("rtt warmup=" + rig.plan().settle() + " millis=" + millis + " target=" + subject.urlFor("echo"));
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(Results.P50, Rig.number(answer, "p50") / 1_000);
        values.put(Results.P99, Rig.number(answer, "p99") / 1_000);
        values.put("count", Rig.number(answer, "count"));
        return values;
    }
}
