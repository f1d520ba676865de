package io.github.wsbridge.bench;

import io.github.wsbridge.bench.RelayBench.Size;
import java.io.IOException;
import java.util.List;

/** Measures one bridge on one node with TLS on both sides, compared with other proxies that do the same. */
final class TlsRelayBench implements Bench {

    static final String NAME = "relay-tls";
    static final String HAPROXY = "haproxy-tls";
    static final String HAPROXY_BIG = "haproxy-tls-64k-buffers";
    static final String NGINX = "nginx-tls";
    static final String NGINX_BIG = "nginx-tls-64k-buffers";

    /** Returns the name of the measurement with one frame size. */
    static String name(Size size) {
        return NAME + "-" + size.label();
    }

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        TlsFiles keys = rig.tls();
        WebProxies proxies = rig.webProxies();
        Generator devices = rig.devices();
        List<Subject> subjects = List.of(
                rig.startNode(rig.settings(), keys, 1).subject(),
                proxies.haproxy(HAPROXY, Rig.HAPROXY_BUFFER, keys),
                proxies.haproxy(HAPROXY_BIG, Rig.BIG_BUFFER, keys),
                proxies.nginx(NGINX, "", keys),
                proxies.nginx(NGINX_BIG, WebProxies.NGINX_BIG_BUFFERS, keys),
                new Subject(Subject.DIRECT, List.of(), what -> "tls://127.0.0.1:" + devices.port("tls-" + what)));
        for (Size size : rig.plan().tlsSizes()) {
            rig.flows().warmUp(subjects.get(0), size.bytes());
            for (int round = 1; round <= rig.plan().rounds(); round++) {
                for (Subject subject : Rig.order(subjects, round)) {
                    rig.add(name(size), subject.name(), round, rig.flows().rate(subject, size.bytes(), 1));
                }
            }
        }
        for (Subject subject : subjects) {
            for (Child server : subject.servers()) {
                rig.processes().end(server);
            }
        }
    }
}
