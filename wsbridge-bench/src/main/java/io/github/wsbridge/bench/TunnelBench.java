package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.List;

/**
 * Compares ways from a local TCP port to a remote TCP server: the tunnel, {@code ssh -L}, and a chain of three socats.
 */
final class TunnelBench implements Bench {

    static final String NAME = "tunnel";
    static final String SSH = "ssh-L";
    static final String SOCAT = "socat-chain";

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        Tunnels tunnels = new Tunnels(rig.processes(), rig.devices().port("sink"));
        Node node = rig.startNode();
        List<Subject> subjects = List.of(tunnels.ours(node), tunnels.ssh(), tunnels.socat());
        int frame = RelayBench.Size.KIB_64.bytes();
        rig.warmUp(subjects.get(0), frame);
        for (int round = 1; round <= rig.plan().rounds(); round++) {
            for (Subject subject : Rig.order(subjects, round)) {
                rig.add(NAME, subject.name(), round, rig.rate(subject, frame, 1));
            }
        }
        for (Subject subject : subjects) {
            for (Child server : subject.servers()) {
                rig.processes().end(server);
            }
        }
    }
}
