package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.List;

/** Measures one bridge on one node with several frame sizes, compared with other proxies. */
final class RelayBench implements Bench {

    /** Payload sizes, the largest first. */
    enum Size {
        KIB_64("64KiB", 65_536),
        KIB_16("16KiB", 16_384),
        KIB_1("1KiB", 1_024),
        B_128("128B", 128);

        private final String label;
        private final int bytes;

        Size(String label, int bytes) {
            this.label = label;
            this.bytes = bytes;
        }

        String label() {
            return label;
        }

        int bytes() {
            return bytes;
        }

        /** The name of this measurement. */
        String relay() {
            return "relay-" + label;
        }
    }

    private static final List<String> SUBJECTS = List.of(
            Subject.OURS,
            Subject.HAPROXY_TCP,
            Subject.HAPROXY_TCP_BIG,
            Subject.HAPROXY_WS,
            Subject.HAPROXY_WS_BIG,
            Subject.NGINX_WS,
            Subject.NGINX_WS_BIG,
            Subject.DIRECT);

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        for (Size size : Size.values()) {
            rig.flows().warmUp(rig.subject(Subject.OURS), size.bytes());
            for (int round = 1; round <= rig.plan().rounds(); round++) {
                for (String name : Rig.order(SUBJECTS, round)) {
                    rig.add(size.relay(), name, round, rig.flows().rate(rig.subject(name), size.bytes(), 1));
                }
            }
        }
    }
}
