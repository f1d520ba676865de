package io.github.wsbridge.core.admission;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.cluster.PeerNetworks;
import io.github.wsbridge.core.peers.NodeCredentials;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import org.jspecify.annotations.Nullable;

/** Decides whether a handshake comes from another node of the cluster. */
public final class PeerAdmissions {

    private final NodeAddress self;
    private final NodeCredentials credentials;
    private final PeerNetworks networks;
    private final boolean apart;

    /** @param apart whether other nodes are admitted by the internal door only */
    public PeerAdmissions(NodeAddress self, NodeCredentials credentials, PeerNetworks networks, boolean apart) {
        this.self = self;
        this.credentials = credentials;
        this.networks = networks;
        this.apart = apart;
    }

    /** Returns whether the request can only come from another node, whether or not it may. */
    static boolean ofNode(Handshake handshake) {
        return handshake.path().equals(Endpoints.PEER)
                || handshake.path().equals(Endpoints.ACCEPT)
                        && !handshake.headers().all(Endpoints.NODE_HEADER).isEmpty();
    }

    /** Returns whether the public door refuses other nodes. */
    boolean apart() {
        return apart;
    }

    /** Returns the forwarded accept or rejection in a request, or null if it is none for this node. */
    NodeCredentials.@Nullable Forwarded forwarded(Handshake handshake, boolean rejects) {
        return permitted(handshake.peer()) ? credentials.forwarded(credential(handshake), self, rejects) : null;
    }

    /** Returns the challenge in a request for a peer link, or null if it is none for this node. */
    @Nullable
    String linked(Handshake handshake) {
        return permitted(handshake.peer()) ? credentials.linked(credential(handshake), self) : null;
    }

    /** A proxy's word can only narrow down where nodes may be: whoever is in its network could say the same. */
    private boolean permitted(Peer peer) {
        return networks.permits(peer.connection()) && networks.permits(peer.address());
    }

    private static String credential(Handshake handshake) {
        return handshake.headers().only(Endpoints.NODE_HEADER);
    }
}
