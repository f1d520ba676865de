package io.github.wsbridge.client;

import io.github.wsbridge.wire.net.IpNetwork;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides which addresses requesters may choose with {@link TunnelTargets.Builder#allowAny}. It judges the address that
 * is connected to, after the name has been looked up, so a name that resolves differently the next time gains nothing.
 *
 * <p>Unless they are allowed by name, link-local addresses and those at which clouds serve metadata and credentials to
 * their machines are denied: whoever reaches them from a machine can often act as that machine. An IPv4 address that is
 * written as an IPv6 address (mapped, NAT64, 6to4) is judged as both.
 */
public final class TargetNetworks implements Predicate<InetSocketAddress> {

    /**
     * Link-local, and the metadata services with other addresses: AWS (IPv6), Alibaba Cloud, Oracle Cloud, Azure.
     * docs/security.md names them.
     */
    private static final List<IpNetwork> DENIED = parse(List.of(
            "169.254.0.0/16",
            "fe80::/10",
            "fd00:ec2::/32",
            "fd20:ce::254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16"));

    private static final List<IpNetwork> ANY = parse(List.of("0.0.0.0/0", "::/0"));
    private static final IpNetwork NAT64 = IpNetwork.parse("64:ff9b::/96");
    private static final IpNetwork SIX_TO_FOUR = IpNetwork.parse("2002::/16");
    private static final int SIX_TO_FOUR_OFFSET = 2;
    private static final int NAT64_OFFSET = 12;

    private final List<IpNetwork> allowed;
    private final List<IpNetwork> denied;
    private final boolean named;

    private TargetNetworks(@Nullable List<IpNetwork> allowed, List<IpNetwork> denied) {
        this.allowed = allowed == null ? ANY : allowed;
        this.named = allowed != null;
        this.denied = denied;
    }

    /** Allows every address, except those that are denied by default. */
    public static TargetNetworks all() {
        return new TargetNetworks(null, List.of());
    }

    /**
     * Returns a filter of two lists of IP addresses and networks in CIDR notation. The second has precedence.
     *
     * @param allowed what is allowed; if empty, everything that is not denied. An address that is denied by default is
     *     allowed if a network in this list contains it and is no larger than the one that denies it
     * @param denied what is denied
     * @throws IllegalArgumentException if one is invalid; the message quotes it
     */
    public static TargetNetworks of(Collection<String> allowed, Collection<String> denied) {
        return new TargetNetworks(allowed.isEmpty() ? null : parse(allowed), parse(denied));
    }

    private static List<IpNetwork> parse(Collection<String> networks) {
        return networks.stream().map(IpNetwork::parse).toList();
    }

    @Override
    public boolean test(InetSocketAddress address) {
        byte[] bytes =
                address.getAddress() == null ? null : address.getAddress().getAddress();
        if (bytes == null || !test(bytes)) {
            return false;
        }
        byte[] inside = inside(bytes);
        return inside == null || test(inside);
    }

    private boolean test(byte[] address) {
        return !within(denied, address) && within(allowed, address) && !deniedByDefault(address);
    }

    private boolean deniedByDefault(byte[] address) {
        return DENIED.stream()
                .filter(network -> network.contains(address))
                .anyMatch(network -> !named
                        || allowed.stream().noneMatch(by -> by.contains(address) && by.bits() >= network.bits()));
    }

    private static boolean within(List<IpNetwork> networks, byte[] address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }

    /** Returns the IPv4 address to which a gateway would translate an IPv6 address, or null. */
    private static byte @Nullable [] inside(byte[] address) {
        if (NAT64.contains(address)) {
            return Arrays.copyOfRange(address, NAT64_OFFSET, NAT64_OFFSET + 4);
        }
        return SIX_TO_FOUR.contains(address)
                ? Arrays.copyOfRange(address, SIX_TO_FOUR_OFFSET, SIX_TO_FOUR_OFFSET + 4)
                : null;
    }
}
