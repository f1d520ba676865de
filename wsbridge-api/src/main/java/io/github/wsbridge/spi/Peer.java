package io.github.wsbridge.spi;

import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The other end of a connection, as the transport sees it.
 *
 * @param address the peer's address for logs, such as {@code 192.0.2.7:50123}; empty if it is not known
 * @param certificates the certificate chain that the peer authenticated with in the TLS handshake, its own certificate
 *     first; empty if there was none, or if TLS is terminated elsewhere, as by a known proxy
 * @param connection the address of the connection's other end, if that is a trusted proxy, and the peer is the one for
 *     whom it stands; the same as {@code address} otherwise
 * @param user whom the server that the node is embedded in has authenticated, such as a servlet container or the
 *     application's security framework; empty if it has authenticated nobody
 */
public record Peer(String address, List<X509Certificate> certificates, String connection, Optional<Principal> user) {

    /** Copies the certificate chain. */
    public Peer {
        certificates = List.copyOf(certificates);
    }

    /** A peer whom no server before the node has authenticated. */
    public Peer(String address, List<X509Certificate> certificates, String connection) {
        this(address, certificates, connection, Optional.empty());
    }

    /** A peer that is connected without a proxy, or at least none that is known. */
    public Peer(String address, List<X509Certificate> certificates) {
        this(address, certificates, address);
    }

    /** A peer without certificates. */
    public Peer(String address) {
        this(address, List.of());
    }

    /** Returns the address. */
    @Override
    public String toString() {
        return address;
    }
}
