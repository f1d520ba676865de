package io.github.wsbridge.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A host and a port as people write them.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535
 */
record HostPort(String host, int port) {

    /** Reads {@code host:port}; an IPv6 address stands in brackets. */
    static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("no port in \"" + text + "\"; expected host:port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address stands in brackets: \"" + text + "\"");
        }
        if (host.isBlank() || host.chars().anyMatch(c -> Character.isISOControl(c) || Character.isWhitespace(c))) {
            throw new IllegalArgumentException("no host in \"" + text + "\"; expected host:port");
        }
        String digits = text.substring(colon + 1);
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("no port from 0 to 65535 in \"" + text + "\"");
        }
        return new HostPort(host, port);
    }

    /** Every address that the host has now. Blocks for as long as the name service takes. */
    List<InetSocketAddress> resolve() throws IOException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (InetAddress address : InetAddress.getAllByName(host)) {
            addresses.add(new InetSocketAddress(address, port));
        }
        return addresses;
    }

    /** Connects to the first of {@code addresses} that answers within {@code timeout} each. Blocks. */
    static Socket dial(List<InetSocketAddress> addresses, Duration timeout) throws IOException {
        IOException failure = new IOException("no address");
        for (InetSocketAddress address : addresses) {
            Socket socket = new Socket();
            try {
                socket.connect(address, Math.toIntExact(Math.max(1, timeout.toMillis())));
                socket.setTcpNoDelay(true);
                return socket;
            } catch (IOException e) {
                socket.close();
                failure = e;
            }
        }
        throw failure;
    }
}
