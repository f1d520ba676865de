package io.github.wsbridge.core.bridges;

import io.github.wsbridge.spi.AccessPolicy.Access.Granted;
import java.util.function.BooleanSupplier;

/**
 * Who requests a bridge, for logs and listeners.
 *
 * @param principal identifies the client
 * @param where the endpoint's path, or the address of an exposed port
 * @param address the client's address as the transport sees it; empty if it is not known
 * @param valid whether its access is still permitted
 */
public record Requester(String principal, String where, String address, BooleanSupplier valid) {

    /** A requester whose access is never revoked. */
    public Requester(String principal, String where, String address) {
        this(principal, where, address, Granted.ALWAYS);
    }
}
