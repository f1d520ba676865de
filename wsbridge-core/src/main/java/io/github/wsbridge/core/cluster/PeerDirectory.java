package io.github.wsbridge.core.cluster;

import io.github.wsbridge.NodeAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Lists the other nodes of the cluster.
 *
 * <p>A node queries the directory when it is built and then every five seconds, on a thread that may block. A failure
 * leaves the peers unchanged. The node's own address may be included and is skipped. Each address must be written
 * exactly as on the node itself, since credentials between nodes are bound to the addressee.
 */
@FunctionalInterface
public interface PeerDirectory {

    /** Returns the current nodes. */
    Set<NodeAddress> nodes() throws IOException;

    /** Returns a directory without nodes. */
    static PeerDirectory none() {
        return Set::of;
    }

    /** Returns a directory with a fixed set of nodes. */
    static PeerDirectory of(Set<NodeAddress> nodes) {
        Set<NodeAddress> fixed = Set.copyOf(nodes);
        return () -> fixed;
    }

    /**
     * Returns a directory with one node for each A or AAAA record of a name, such as a Kubernetes headless service. The
     * JVM determines how long DNS answers are cached (security property {@code networkaddress.cache.ttl}).
     *
     * @param scheme {@code ws} or {@code wss}
     * @param name the name to look up
     * @param port the port at which nodes talk to each other
     */
    static PeerDirectory dns(String scheme, String name, int port) {
        return () -> {
            Set<NodeAddress> nodes = new LinkedHashSet<>();
            for (InetAddress address : InetAddress.getAllByName(name)) {
                String host = address.getHostAddress();
                host = address instanceof Inet6Address ? "[" + host + "]" : host;
                nodes.add(NodeAddress.parse(scheme + "://" + host + ":" + port));
            }
            return nodes;
        };
    }
}
