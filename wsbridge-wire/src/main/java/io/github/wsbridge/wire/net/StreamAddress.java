package io.github.wsbridge.wire.net;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/** The address of a stream socket as users write it: {@code HOST:PORT} for TCP, {@code unix:/PATH} for Unix sockets. */
public sealed interface StreamAddress permits HostPort, UnixPath {

    /**
     * Parses an address. It is that of a Unix socket if it begins with {@code unix:} and contains a slash.
     *
     * @throws IllegalArgumentException if {@code text} has another form; the message quotes it
     */
    static StreamAddress parse(String text) {
        if (text.startsWith(UnixPath.PREFIX) && text.contains("/")) {
            return new UnixPath(text.substring(UnixPath.PREFIX.length()));
        }
        try {
            return HostPort.parse(text);
        } catch (IllegalArgumentException e) {
            if (text.startsWith(UnixPath.PREFIX)) {
                throw new IllegalArgumentException("'" + text + "' is neither HOST:PORT nor unix:/PATH", e);
            }
            throw e;
        }
    }

    /**
     * Returns the numeric form of a resolved address.
     *
     * @throws IllegalArgumentException if it is neither a resolved TCP address nor a Unix socket
     */
    static StreamAddress of(SocketAddress address) {
        if (address instanceof InetSocketAddress inet && !inet.isUnresolved()) {
            return new HostPort(inet.getAddress().getHostAddress(), inet.getPort());
        }
        if (address instanceof UnixDomainSocketAddress unix) {
            return new UnixPath(unix.getPath().toString());
        }
        throw new IllegalArgumentException("neither a resolved TCP address nor a Unix socket: " + address);
    }

    /**
     * Returns the socket addresses, at least one; there may be several if a host name is resolved. Blocks until name
     * resolution completes.
     */
    List<? extends SocketAddress> resolve() throws UnknownHostException;
}
