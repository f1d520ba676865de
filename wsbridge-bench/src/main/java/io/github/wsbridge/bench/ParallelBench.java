package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.List;

/** Compares the total throughput of many busy bridges with that of a single one. */
final class ParallelBench implements Bench {

    static final String NAME = "parallel";
    static final String ONE = "-one";

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        int frame = RelayBench.Size.KIB_64.bytes();
        rig.flows().warmUp(rig.subject(Subject.OURS), frame);
        for (int round = 1; round <= rig.plan().rounds(); round++) {
            for (String name : Rig.order(List.of(Subject.OURS, Subject.HAPROXY_TCP, Subject.DIRECT), round)) {
                Subject subject = rig.subject(name);
                for (String label : Rig.order(List.of(name + ONE, name), round)) {
                    int connections = label.equals(name) ? rig.plan().parallel() : 1;
                    rig.add(NAME, label, round, rig.flows().rate(subject, frame, connections));
                }
            }
        }
    }
}
