package io.github.wsbridge;

import java.net.URI;
import java.util.Locale;

/**
 * The address at which the other nodes of the cluster reach a node: {@code ws://10.1.2.3:8080} or {@code wss://…},
 * optionally with a base path. Requesters and devices never see it.
 *
 * @param uri the address, with the scheme {@code ws} or {@code wss} and a host, without query, fragment or user info
 */
public record NodeAddress(URI uri) {

    /**
     * Validates the address and writes it in one way, so that equal addresses have equal text: without a trailing slash
     * or a default port, the host in lower case, IPv6 as in RFC 5952.
     */
    public NodeAddress {
        uri = canonical(Endpoints.base(uri));
    }

    private static URI canonical(URI base) {
        Authority authority =
                Authority.of(base).orElseThrow(); // not the URI's own parts: there are none with some names
        int port = authority.port() == (base.getScheme().equals("wss") ? 443 : 80) ? -1 : authority.port();
        String host = IpLiteral.canonical(authority.host().toLowerCase(Locale.ROOT));
        return URI.create(base.getScheme() + "://" + new Authority(host, port) + base.getRawPath());
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
