package io.github.wsbridge;

import java.net.URI;

/**
 * The address at which the other nodes of the cluster reach a node: {@code ws://10.1.2.3:8080} or {@code wss://…},
 * optionally with a base path. Requesters and devices never see it.
 *
 * @param uri the address, with the scheme {@code ws} or {@code wss} and a host, without query, fragment or user info
 */
public record NodeAddress(URI uri) {

    /** Validates the address and removes a trailing slash. */
    public NodeAddress {
        uri = Endpoints.base(uri);
    }

    /**
     * Parses an address.
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
