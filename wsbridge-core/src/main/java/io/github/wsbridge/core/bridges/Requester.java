package io.github.wsbridge.core.bridges;

import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.spi.AccessPolicy.Access.Granted;
import java.util.function.BooleanSupplier;

/**
 * Who requests a bridge, for logs and listeners.
 *
 * @param principal identifies the client
 * @param where the endpoint's path, or the address of an exposed port
 * @param address the client's address as the transport sees it; empty if it is not known
 * @param holder whose share its bridges take
 * @param valid whether its access is still permitted
 * @param trace the trace that it wants to be continued
 */
public record Requester(
        String principal, String where, String address, Holder holder, BooleanSupplier valid, TraceContext trace) {

    /** A requester inside this process: its access is never revoked, and it may take all that there is. */
    public Requester(String principal, String where, String address) {
        this(principal, where, address, Holder.NOBODY, Granted.ALWAYS, TraceContext.NONE);
    }
}
