package io.github.wsbridge.website;

import java.net.InetAddress;

/**
 * Somebody who has signed in.
 *
 * @param credential what was typed: an API key or a token; not checked by the website
 * @param address where the browser was
 */
public record Visitor(String credential, InetAddress address) {

    /** Omits the credential. */
    @Override
    public String toString() {
        return "visitor from " + address.getHostAddress();
    }
}
