package io.github.wsbridge.wire.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * A host and a TCP port as people write them: {@code host:port}, an IPv6 address in brackets.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535
 */
public record HostPort(String host, int port) {

    /** @throws IllegalArgumentException if it is something else; the message quotes it */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        String digits = text.substring(colon + 1);
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
        if (host.isEmpty()
                || host.chars().anyMatch(c -> Character.isISOControl(c) || Character.isWhitespace(c))
                || bracketed != host.contains(":")
                || port < 0
                || port > 65535) {
            throw new IllegalArgumentException("'" + text + "' is not HOST:PORT, with an IPv6 address in brackets");
        }
        return new HostPort(host, port);
    }

    /** All addresses of the host, at least one. Blocks for as long as the name service takes. */
    public List<InetSocketAddress> resolve() throws UnknownHostException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (InetAddress address : InetAddress.getAllByName(host)) {
            addresses.add(new InetSocketAddress(address, port));
        }
        return addresses;
    }

    /** As it is written in a URL, too. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
