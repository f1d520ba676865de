package io.github.wsbridge.wire.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A host and a TCP port, written as {@code host:port}, with an IPv6 address in brackets.
 *
 * @param host a host name or an IP address, without brackets
 * @param port from 0 to 65535
 */
public record HostPort(String host, int port) implements StreamAddress {

    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    /** @throws IllegalArgumentException if {@code text} has another form; the message quotes it */
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

    /** Returns whether the host is an IP address, so that {@link #resolve} does not block. */
    public boolean isAddress() {
        return host.contains(":") || IPV4.matcher(host).matches();
    }

    @Override
    public List<InetSocketAddress> resolve() throws UnknownHostException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (InetAddress address : InetAddress.getAllByName(host)) {
            addresses.add(new InetSocketAddress(address, port));
        }
        return addresses;
    }

    /** Returns the form that {@link #parse} reads, which also fits into a URL. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
