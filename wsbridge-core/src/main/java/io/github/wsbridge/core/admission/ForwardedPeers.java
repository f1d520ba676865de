package io.github.wsbridge.core.admission;

import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.net.ClientAddress;
import io.github.wsbridge.wire.net.IpNetwork;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells a client's address from that of the proxies before the node, by {@code X-Forwarded-For} or {@code Forwarded}
 * (RFC 7239). Only trusted proxies are believed: the client is the last in the list that is none of them. If both
 * fields are there, they must agree: the proxy may have set one of them, and the client the other.
 */
public final class ForwardedPeers {

    // A value without quotes may contain a port or an IPv6 address, since many proxies leave them out.
    private static final Pattern PAIR =
            Pattern.compile("\\G\\s*([A-Za-z]+)=(\"[^\"\\\\]*\"|[^\\s;,=\"\\\\]+)\\s*(?:;|$)");

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
        String address = client.contains(":") ? "[" + client + "]" : client;
        return new Peer(address, List.of(), peer.address(), peer.user()); // a certificate would be the proxy's
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

    /**
     * Returns the only {@code for} of an element; empty if there is not exactly one. An element that is not well-formed
     * may be a piece of a quoted value with a comma, such as of the host, which the client has chosen.
     */
    private static String forParameter(String element) {
        List<String> found = new ArrayList<>();
        int end = 0;
        for (Matcher pair = PAIR.matcher(element); pair.find(); end = pair.end()) {
            if (pair.group(1).equalsIgnoreCase("for")) {
                found.add(pair.group(2).replace("\"", ""));
            }
        }
        return found.size() == 1 && end == element.length() ? found.get(0) : "";
    }
}
