package io.github.wsbridge.wire.net;

import java.util.Arrays;
import java.util.HexFormat;

/** The IP address in the text by which a transport names a peer: with a port, or an IPv6 address in brackets. */
public final class ClientAddress {

    private static final int V6_COLONS = 7; // of an address that is not shortened
    private static final int V6_SITE = 8; // the bytes that one customer of a provider has at least

    private ClientAddress() {}

    /** Returns the address without port, brackets and scope. Empty if the text is. */
    public static String host(String peer) {
        if (peer.startsWith("[")) {
            int end = peer.indexOf(']');
            return unscoped(peer.substring(1, end < 0 ? peer.length() : end));
        }
        long colons = peer.chars().filter(c -> c == ':').count();
        int port = peer.lastIndexOf(':');
        return unscoped(port < 0 || colons == V6_COLONS && !peer.contains("::") ? peer : peer.substring(0, port));
    }

    private static String unscoped(String address) {
        int scope = address.indexOf('%');
        return scope < 0 ? address : address.substring(0, scope);
    }

    /**
     * Returns what limits count as one client: an IPv4 address, or the first 64 bits of an IPv6 address, since a client
     * may have all addresses that begin with them. Empty if the text is.
     */
    public static String site(String peer) {
        String host = host(peer);
        byte[] bytes = IpNetwork.address(host);
        return bytes == null || bytes.length == 4
                ? host
                : HexFormat.of().formatHex(Arrays.copyOf(bytes, V6_SITE)) + "/64";
    }
}
