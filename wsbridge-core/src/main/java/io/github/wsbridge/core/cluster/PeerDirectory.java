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
 * <p>A node queries the directory when it is built and then every two seconds, on a thread that may block. A failure
 * leaves the peers unchanged. The node's own address may be included and is skipped. Each address must be equal to the
 * one that the node itself has, since credentials between nodes are bound to the addressee.
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
     * JVM determines how long DNS answers are cached, 30 seconds by default: for new nodes to be known soon, set the
     * security properties {@code networkaddress.cache.ttl} and {@code networkaddress.cache.negative.ttl} to 2 before
     * the JVM's first lookup, as the command line does.
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
