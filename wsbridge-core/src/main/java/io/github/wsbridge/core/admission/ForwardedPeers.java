package io.github.wsbridge.core.admission;

import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.net.ClientAddress;
import io.github.wsbridge.wire.net.IpNetwork;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells a client's address from that of the proxies before the node, by {@code X-Forwarded-For} or {@code Forwarded}
 * (RFC 7239). Only trusted proxies are believed: the client is the last in the list that is none of them. If both
 * fields are there, they must agree: the proxy may have set one of them, and the client the other.
 */
public final class ForwardedPeers {

    private final List<IpNetwork> proxies;

    /**
     * Creates the rule.
     *
     * @param proxies IP addresses, or networks in CIDR notation
     * @throws IllegalArgumentException if one is invalid; the message quotes it
     */
    public ForwardedPeers(Collection<String> proxies) {
        this.proxies = proxies.stream().map(IpNetwork::parse).toList();
    }

    /** Returns the client: the peer itself, unless it is a trusted proxy that says for whom it stands. */
    public Peer client(Peer peer, Headers headers) {
        if (proxies.isEmpty() || !trusted(ClientAddress.host(peer.address()))) {
            return peer;
        }
        List<String> plain = headers.elements("X-Forwarded-For");
        List<String> standard = headers.elements("Forwarded").stream()
                .map(ForwardedPeers::forParameter)
                .toList();
        String client = plain.isEmpty() ? last(standard) : last(plain);
        if (client == null || !plain.isEmpty() && !standard.isEmpty() && !client.equals(last(standard))) {
            return peer;
        }
        return new Peer(client.contains(":") ? "[" + client + "]" : client, peer.certificates(), peer.address());
    }

    /** Returns the last address that is not trusted; null if there is none, or something else comes before it. */
    private @Nullable String last(List<String> addresses) {
        for (int i = addresses.size() - 1; i >= 0; i--) {
            String text = addresses.get(i);
            String address = IpNetwork.address(text) == null ? ClientAddress.host(text) : text;
            if (IpNetwork.address(address) == null) {
                return null;
            }
            if (!trusted(address)) {
                return address;
            }
        }
        return null;
    }

    private boolean trusted(String address) {
        byte[] bytes = IpNetwork.address(address);
        return bytes != null && proxies.stream().anyMatch(network -> network.contains(bytes));
    }

    private static String forParameter(String element) {
        for (String pair : element.split(";")) {
            String[] parts = pair.strip().split("=", 2);
            if (parts.length == 2 && parts[0].toLowerCase(Locale.ROOT).equals("for")) {
                return parts[1].replace("\"", "");
            }
        }
        return "";
    }
}
