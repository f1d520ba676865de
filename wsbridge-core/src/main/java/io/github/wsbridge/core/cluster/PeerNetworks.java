package io.github.wsbridge.core.cluster;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.wire.net.ClientAddress;
import io.github.wsbridge.wire.net.IpNetwork;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The networks in which other nodes may be: where a node connects to, whatever its directory or a token says, and where
 * other nodes may connect from. Never looks up a name.
 */
public final class PeerNetworks {

    private final @Nullable List<IpNetwork> networks;

    private PeerNetworks(@Nullable List<IpNetwork> networks) {
        this.networks = networks;
    }

    /** Nodes may be anywhere. */
    public static PeerNetworks any() {
        return new PeerNetworks(null);
    }

    /**
     * Nodes may be in these networks only.
     *
     * @param networks IP addresses, or networks in CIDR notation: {@code 10.0.3.0/24}, {@code fd00:7::/32}
     * @throws IllegalArgumentException if there is none, or one is invalid; the message quotes it
     */
    public static PeerNetworks of(Collection<String> networks) {
        if (networks.isEmpty()) {
            throw new IllegalArgumentException("no network for peers");
        }
        return new PeerNetworks(networks.stream().map(IpNetwork::parse).toList());
    }

    /**
     * Returns whether a node may be dialled.
     *
     * @param listed the nodes that the operator or the directory has named. Of names, only these are permitted: what
     *     any other one resolves to could change at any time.
     */
    public boolean permits(NodeAddress node, Set<NodeAddress> listed) {
        if (networks == null) {
            return true;
        }
        byte[] address = address(node.uri().getRawAuthority());
        return address == null ? listed.contains(node) : contains(address);
    }

    /**
     * Returns whether another node may connect from there.
     *
     * @param peer an address as in {@link io.github.wsbridge.spi.Peer#address}
     */
    public boolean permits(String peer) {
        if (networks == null) {
            return true;
        }
        byte[] address = address(peer);
        return address != null && contains(address);
    }

    private boolean contains(byte[] address) {
        return networks != null && networks.stream().anyMatch(network -> network.contains(address));
    }

    private static byte @Nullable [] address(String peer) {
        return IpNetwork.address(ClientAddress.host(peer));
    }

    @Override
    public String toString() {
        return "PeerNetworks[" + (networks == null ? "any" : networks.size()) + "]";
    }
}
