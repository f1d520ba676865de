package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.List;

/** A program to compare chains with. Those that are not from Debian are measured only if they are on the PATH. */
enum Peer {
    SOCAT("socat"),
    SSH("ssh"),
    STUNNEL("stunnel"),
    HAPROXY("haproxy-tls"),
    WSTUNNEL("wstunnel", "wstunnel"),
    CHISEL("chisel", "chisel"),
    FRP("frp", "frps", "frpc"),
    RATHOLE("rathole", "rathole"),
    PIKO("piko", "piko");

    private final String label;
    private final List<String> programs;

    Peer(String label, String... programs) {
        this.label = label;
        this.programs = List.of(programs);
    }

    /** Returns the name in the results. */
    String label() {
        return label;
    }

    /** Returns its programs that are not found in the folders of {@code path}, separated by colons. */
    List<String> missing(String path) {
        return programs.stream()
                .filter(program -> Processes.onPath(program, path).isEmpty())
                .toList();
    }

    /** Starts a chain. */
    Chain start(Rig rig, Family family) throws IOException, InterruptedException {
        return switch (this) {
            case SOCAT -> new PackagedChains(rig).socat(family.hops());
            case SSH -> new SshChain(rig).start();
            case STUNNEL -> new PackagedChains(rig).stunnel();
            case HAPROXY -> new PackagedChains(rig).haproxy();
            case WSTUNNEL -> new OtherChains(rig, family).wstunnel();
            case CHISEL -> new OtherChains(rig, family).chisel();
            case FRP -> new OtherChains(rig, family).frp();
            case RATHOLE -> new OtherChains(rig, family).rathole();
            case PIKO -> new OtherChains(rig, family).piko();
        };
    }
}
