package io.github.wsbridge.launcher;

import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import io.github.wsbridge.tyrus.TyrusConnector;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
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
     * @param tlsCert the certificate and its chain; null, like the key, for no TLS
     */
    record ServerSettings(
            InetSocketAddress address,
            int maxConnections,
            Duration handshakeTimeout,
            @Nullable Path tlsCert,
            @Nullable Path tlsKey) {}

    /** Starts a node's server. */
    BridgeServer bind(ServerSettings settings) throws IOException, GeneralSecurityException {
        Path cert = settings.tlsCert();
        Path key = settings.tlsKey();
        if (this == netty) {
            NettyBridgeServer.Builder server = NettyBridgeServer.builder()
                    .address(settings.address())
                    .maxConnections(settings.maxConnections())
                    .handshakeTimeout(settings.handshakeTimeout());
            if (cert != null && key != null) {
                server.tls(cert, key);
            }
            return listening(settings.address(), server::bind);
        }
        TyrusBridgeServer.Builder server = TyrusBridgeServer.builder()
                .address(settings.address())
                .maxConnections(settings.maxConnections())
                .handshakeTimeout(settings.handshakeTimeout());
        if (cert != null && key != null) {
            server.tls(PemFiles.server(cert, key));
        }
        return listening(settings.address(), server::bind);
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
     * @param proxies chooses proxies; null for none
     */
    Connector connector(@Nullable Path authorities, @Nullable Proxies proxies)
            throws IOException, GeneralSecurityException {
        switch (this) {
            case netty -> {
                NettyConnector.Builder connector = NettyConnector.builder();
                if (authorities != null) {
                    connector.trust(authorities);
                }
                if (proxies != null) {
                    connector.proxies(proxies);
                }
                return connector.build();
            }
            case tyrus -> {
                return new TyrusConnector(authorities == null ? null : PemFiles.client(authorities), proxies);
            }
            default -> {
                JdkConnector.Builder connector = JdkConnector.builder();
                if (authorities != null) {
                    connector.sslContext(PemFiles.client(authorities));
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
}
