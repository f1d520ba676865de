package io.github.wsbridge.core.cluster;

import io.github.wsbridge.NodeAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Knows the other nodes of the cluster.
 *
 * <p>A node asks it at its start and then every five seconds, on a thread that may block. A failure leaves the peers as they
 * were. The node's own address may be among them and is skipped; it must be written exactly as the node itself has it, since
 * credentials from node to node name their addressee.
 */
@FunctionalInterface
public interface PeerDirectory {

    /** The nodes as of now. */
    Set<NodeAddress> nodes() throws IOException;

    /** No other nodes. */
    static PeerDirectory none() {
        return Set::of;
    }

    /** Always the same nodes. */
    static PeerDirectory of(Set<NodeAddress> nodes) {
        Set<NodeAddress> fixed = Set.copyOf(nodes);
        return () -> fixed;
    }

    /**
     * One node for each A or AAAA record of a name, such as a Kubernetes headless service. How long answers are remembered is
     * the JVM's business (security property {@code networkaddress.cache.ttl}).
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
