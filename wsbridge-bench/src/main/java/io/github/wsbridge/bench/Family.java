package io.github.wsbridge.bench;

import java.util.List;

/** The ways from a local port to a device's port that are measured, each with its peers. */
enum Family {
    /** Three processes: tunnel, node, device. */
    TUNNEL("tunnel", Peer.SOCAT, Peer.FRP, Peer.PIKO),
    TUNNEL_TLS("tunnel-tls", Peer.SSH, Peer.STUNNEL, Peer.HAPROXY, Peer.FRP),
    /** Two processes: a node with an exposed port, device. */
    EXPOSE("expose", Peer.SOCAT, Peer.WSTUNNEL, Peer.CHISEL, Peer.FRP, Peer.RATHOLE),
    EXPOSE_TLS("expose-tls", Peer.HAPROXY, Peer.WSTUNNEL, Peer.CHISEL, Peer.FRP);

    private final String label;
    private final List<Peer> peers;

    Family(String label, Peer... peers) {
        this.label = label;
        this.peers = List.of(peers);
    }

    /** Returns the name of the measurement. */
    String label() {
        return label;
    }

    /** Returns the name of the measurement of round trips. */
    String roundTrips() {
        return label + "-rtt";
    }

    /** Returns the name of the measurement of new connections. */
    String connections() {
        return label + "-connections";
    }

    /** Returns the name of the measurement of memory and of starting. */
    String processes() {
        return label + "-processes";
    }

    List<Peer> peers() {
        return peers;
    }

    boolean tls() {
        return this == TUNNEL_TLS || this == EXPOSE_TLS;
    }

    boolean exposes() {
        return this == EXPOSE || this == EXPOSE_TLS;
    }

    /** Returns how many processes our chain has, not counting the ends. */
    int hops() {
        return exposes() ? 2 : 3;
    }
}
