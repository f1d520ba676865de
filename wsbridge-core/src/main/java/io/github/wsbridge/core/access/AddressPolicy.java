package io.github.wsbridge.core.access;

import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.net.ClientAddress;
import io.github.wsbridge.wire.net.IpNetwork;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Grants access to exposed ports by the client's IP address, which is also the principal. Denies every other action,
 * and clients whose address is not known.
 */
public final class AddressPolicy implements AccessPolicy {

    private static final Access DENIED = new Access.Denied(403);

    private final List<IpNetwork> networks;

    private AddressPolicy(List<IpNetwork> networks) {
        this.networks = networks;
    }

    /** Returns a policy for clients on this machine. */
    public static AddressPolicy loopback() {
        return of(List.of("127.0.0.0/8", "::1"));
    }

    /**
     * Returns a policy for clients in any of the given networks.
     *
     * @param networks IP addresses, or networks in CIDR notation: {@code 192.0.2.0/24}, {@code 2001:db8::/32}
     * @throws IllegalArgumentException if one is invalid; the message quotes it
     */
    public static AddressPolicy of(Collection<String> networks) {
        return new AddressPolicy(networks.stream().map(IpNetwork::parse).toList());
    }

    @Override
    public CompletionStage<Access> check(AccessRequest request) {
        return CompletableFuture.completedFuture(
                request.action() == Action.EXPOSE ? decide(request.peer().address()) : DENIED);
    }

    /** Returns whether a client's address is in one of the networks; false if it is not known. */
    public boolean covers(Peer client) {
        return decide(client.address()) != DENIED;
    }

    private Access decide(String address) {
        String host = ClientAddress.host(address);
        byte[] bytes = IpNetwork.address(host);
        return bytes != null && networks.stream().anyMatch(network -> network.contains(bytes))
                ? new Access.Granted(host)
                : DENIED;
    }
}
