package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Chains of socat, stunnel and HAProxy, which are Debian packages. */
final class PackagedChains {

    private final Processes processes;
    private final Rig rig;
    private final int far;

    PackagedChains(Rig rig) {
        this.rig = rig;
        processes = rig.processes();
        far = rig.devices().port("far");
    }

    /** Starts socats in a row, which do nothing else than forward. */
    Chain socat(int hops) throws IOException, InterruptedException {
        String socat = Processes.find("socat", "socat");
        List<Child> links = new ArrayList<>();
        int next = far;
        for (int i = 0; i < hops; i++) {
            int port = Peers.freePort();
            links.add(
                    0,
                    processes.start(
                            "socat",
                            List.of(
                                    socat,
                                    "-b65536",
                                    "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork,nodelay,backlog=128",
                                    "TCP:127.0.0.1:" + next + ",nodelay")));
            next = port;
        }
        return Chain.ready(Peer.SOCAT.label(), links, next);
    }

    /** Starts two stunnels: one in client mode, which connects by TLS to one in server mode. */
    Chain stunnel() throws IOException, InterruptedException {
        TlsFiles keys = rig.tls();
        int port = Peers.freePort();
        int between = Peers.freePort();
        Child client = stunnel("stunnel-client", """
                client = yes
                accept = 127.0.0.1:%d
                connect = 127.0.0.1:%d
                CAfile = %s
                verifyChain = yes
                """.formatted(port, between, keys.certificate()));
        Child server = stunnel("stunnel-server", """
                accept = 127.0.0.1:%d
                connect = 127.0.0.1:%d
                cert = %s
                key = %s
                """.formatted(between, far, keys.certificate(), keys.key()));
        return Chain.ready(Peer.STUNNEL.label(), List.of(client, server), port);
    }

    private Child stunnel(String name, String service) throws IOException {
        Path file =
                Files.writeString(processes.folder().resolve(name + ".conf"), """
                foreground = yes
                pid =
                syslog = no
                debug = warning
                socket = a:SO_REUSEADDR=1
                socket = l:TCP_NODELAY=1
                socket = r:TCP_NODELAY=1
                sslVersion = TLSv1.3
                ciphersuites = %s
                sessionResume = no
                [far]
                %s""".formatted(TlsFiles.SUITE, service));
        return processes.start(name, List.of(Processes.find("stunnel4", "stunnel4"), file.toString()));
    }

    /** Starts two HAProxys in TCP mode with 64 KiB buffers, one of which connects to the other by TLS. */
    Chain haproxy() throws IOException, InterruptedException {
        TlsFiles keys = rig.tls();
        int port = Peers.freePort();
        int between = Peers.freePort();
        Child client = haproxy("haproxy-tls-client", port, "", between, keys.haproxyServer());
        Child server = haproxy("haproxy-tls-server", between, keys.haproxyBind(), far, "");
        return Chain.ready(Peer.HAPROXY.label(), List.of(client, server), port);
    }

    private Child haproxy(String name, int port, String bindOptions, int next, String serverOptions)
            throws IOException {
        return Peers.haproxy(
                processes, name, Peers.global(Rig.BIG_BUFFER) + """
                        defaults
                          mode tcp
                          timeout connect 5s
                          timeout client 1h
                          timeout server 1h
                        listen link
                          bind 127.0.0.1:%d%s
                          server next 127.0.0.1:%d%s
                        """.formatted(port, bindOptions, next, serverOptions));
    }
}
