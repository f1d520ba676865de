package io.github.wsbridge.launcher;

import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import io.github.wsbridge.tyrus.TyrusConnector;
import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.files.TlsManagers;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The transports, named as in {@code --transport}. */
@SuppressWarnings("java:S115") // as typed by users
enum Transport {
    netty,
    tyrus,
    jdk;

    /**
     * The settings of a server.
     *
     * @param tls the certificate and its key; null for no TLS
     * @param clients whether clients are asked for certificates, if there is TLS
     * @param clientTrust decides on them; null if they are not asked
     */
    record ServerSettings(
            InetSocketAddress address,
            int maxConnections,
            int maxHandshakes,
            Duration handshakeTimeout,
            @Nullable Reloaded<TlsIdentity> tls,
            ClientCertificates clients,
            @Nullable Reloaded<CertificateOptions.Trusted> clientTrust) {

        /** Returns the same settings for another address. */
        ServerSettings at(InetSocketAddress other) {
            return new ServerSettings(
                    other, maxConnections, maxHandshakes, handshakeTimeout, tls, clients, clientTrust);
        }
    }

    /** Starts a node's server, whose certificate is renewed when its files change. */
    BridgeServer bind(ServerSettings settings, Reloads reloads) throws IOException, GeneralSecurityException {
        Reloaded<TlsIdentity> tls = settings.tls();
        if (this == netty) {
            NettyBridgeServer.Builder server = NettyBridgeServer.builder()
                    .address(settings.address())
                    .maxConnections(settings.maxConnections())
                    .maxHandshakes(settings.maxHandshakes())
                    .handshakeTimeout(settings.handshakeTimeout());
            if (tls == null) {
                return listening(settings.address(), server::bind);
            }
            server.tls(tls.get().key(), tls.get().chain());
            Reloaded<CertificateOptions.Trusted> trust = settings.clientTrust();
            if (trust != null) {
                server.clientCertificates(settings.clients(), trust.get().managers());
            }
            NettyBridgeServer bound = listening(settings.address(), server::bind);
            reloads.add(tls, identity -> bound.renewTls(identity.key(), identity.chain()));
            if (trust != null) {
                reloads.add(trust, trusted -> bound.renewClientTrust(trusted.managers()));
            }
            return bound;
        }
        TyrusBridgeServer.Builder server = TyrusBridgeServer.builder()
                .address(settings.address())
                .maxConnections(settings.maxConnections())
                .maxHandshakes(settings.maxHandshakes())
                .handshakeTimeout(settings.handshakeTimeout());
        if (tls == null) {
            return listening(settings.address(), server::bind);
        }
        Reloaded<CertificateOptions.Trusted> trust = settings.clientTrust();
        server.tls(context(tls, trust)).clientCertificates(settings.clients());
        TyrusBridgeServer bound = listening(settings.address(), server::bind);
        reloads.add(tls, identity -> bound.renewTls(context(tls, trust)));
        if (trust != null) {
            reloads.add(trust, trusted -> bound.renewTls(context(tls, trust)));
        }
        return bound;
    }

    private static SSLContext context(
            Reloaded<TlsIdentity> identity, @Nullable Reloaded<CertificateOptions.Trusted> trust)
            throws IOException, GeneralSecurityException {
        return TlsManagers.context(
                TlsManagers.keys(identity.get()),
                trust == null ? null : trust.get().managers());
    }

    /** Binds an address. */
    interface Bind<T> {
        T bind() throws IOException;
    }

    /** Adds the address to a failure to bind, which the platform's message lacks. */
    static <T> T listening(SocketAddress address, Bind<T> bind) throws IOException {
        try {
            return bind.bind();
        } catch (IOException e) {
            throw new IOException("cannot listen on " + StreamAddress.of(address) + ": " + Failures.describe(e), e);
        }
    }

    /**
     * Plain connections on the connector's threads, which are joined with its WebSockets; null where it has no such.
     */
    static @Nullable StreamTransport streams(Connector connector) {
        return connector instanceof NettyConnector fast ? fast.streams() : null;
    }

    /** The same on a server's threads. */
    static @Nullable StreamTransport streams(BridgeServer server) {
        return server instanceof NettyBridgeServer fast ? fast.streams() : null;
    }

    /**
     * Returns a connector that opens WebSockets to other nodes or to the bridge server.
     *
     * @param authorities the trusted certificate authorities, a PEM file; null for the platform's
     * @param identity what it presents to servers that ask for a certificate; null for nothing
     * @param proxies chooses proxies; null for none
     * @param reloads reads the authorities and the certificate again when their files change
     */
    Connector connector(
            @Nullable Path authorities,
            @Nullable Reloaded<TlsIdentity> identity,
            @Nullable Proxies proxies,
            Reloads reloads)
            throws IOException, GeneralSecurityException {
        Reloaded<List<X509Certificate>> trusted = authorities == null ? null : authorities(authorities);
        switch (this) {
            case netty -> {
                NettyConnector.Builder connector = NettyConnector.builder();
                if (proxies != null) {
                    connector.proxies(proxies);
                }
                if (trusted != null) {
                    connector.trust(trusted.get());
                }
                if (identity != null) {
                    connector.identity(identity.get().key(), identity.get().chain());
                }
                NettyConnector built = connector.build();
                if (trusted != null) {
                    reloads.add(trusted, built::renewTrust);
                }
                if (identity != null) {
                    reloads.add(identity, renewed -> built.renewIdentity(renewed.key(), renewed.chain()));
                }
                return built;
            }
            case tyrus -> {
                return new TyrusConnector(context(identity, trusted, reloads), proxies);
            }
            default -> {
                JdkConnector.Builder connector = JdkConnector.builder();
                SSLContext context = context(identity, trusted, reloads);
                if (context != null) {
                    connector.sslContext(context);
                }
                if (proxies == null) {
                    connector.proxy(HttpClient.Builder.NO_PROXY);
                } else {
                    connector.proxies(proxies);
                }
                return connector.build();
            }
        }
    }

    private static Reloaded<List<X509Certificate>> authorities(Path file) throws IOException, GeneralSecurityException {
        return new Reloaded<>("trusted authorities " + file, List.of(file), () -> Pem.certificates(file));
    }

    /** Returns null for the platform's default. */
    private static @Nullable SSLContext context(
            @Nullable Reloaded<TlsIdentity> identity,
            @Nullable Reloaded<List<X509Certificate>> trusted,
            Reloads reloads)
            throws IOException, GeneralSecurityException {
        return identity == null && trusted == null ? null : ClientTls.of(identity, trusted, reloads);
    }
}
