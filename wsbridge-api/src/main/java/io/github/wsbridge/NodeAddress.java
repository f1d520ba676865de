package io.github.wsbridge;

import java.net.URI;

/**
 * Where other nodes of the cluster reach a node: {@code ws://10.1.2.3:8080} or {@code wss://…}, optionally with a base
 * path. It is an address inside the cluster; requesters and devices never see it.
 *
 * @param uri the address: scheme {@code ws} or {@code wss}, a host, no query, no fragment, no user info
 */
public record NodeAddress(URI uri) {

    /** Checks the parts named above and drops a trailing slash. */
    public NodeAddress {
        uri = Endpoints.base(uri);
    }

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException if {@code text} is not a node address
     */
    public static NodeAddress parse(String text) {
        return new NodeAddress(URI.create(text));
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
