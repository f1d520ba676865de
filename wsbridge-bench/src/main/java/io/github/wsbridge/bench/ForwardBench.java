package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.List;

/** Measures the cost of forwarding, for a bridge whose device connects to a different node than its requester. */
final class ForwardBench implements Bench {

    static final String NAME = "forward-64KiB";

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        Node owner = rig.startNode();
        Node forwarder = rig.startNode();
        Subject ours = owner.forwardedBy(forwarder);
        rig.flows().warmUp(ours, RelayBench.Size.KIB_64.bytes());
        List<Subject> subjects = List.of(ours, rig.subject(Subject.HAPROXY_TCP), rig.subject(Subject.HAPROXY_SECOND));
        for (int round = 1; round <= rig.plan().rounds(); round++) {
            for (Subject subject : Rig.order(subjects, round)) {
                rig.add(NAME, subject.name(), round, rig.flows().rate(subject, RelayBench.Size.KIB_64.bytes(), 1));
            }
        }
        forwarder.stop();
        owner.stop();
    }
}
