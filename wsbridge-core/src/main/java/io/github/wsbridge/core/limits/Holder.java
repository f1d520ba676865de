package io.github.wsbridge.core.limits;

import io.github.wsbridge.wire.net.ClientAddress;

/**
 * Whom something on a node counts against.
 *
 * @param principal who it is; empty if that is not known or does not matter
 * @param site the client's address as limits see it; empty if it is not known or does not matter
 */
public record Holder(String principal, String site) {

    /** Nobody: no share is affected. */
    public static final Holder NOBODY = new Holder("", "");

    /** @param address the client's address as the transport sees it */
    public static Holder of(String principal, String address) {
        return new Holder(principal, ClientAddress.site(address));
    }
}
