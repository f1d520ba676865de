package io.github.wsbridge.tyrus;

import io.github.wsbridge.jakarta.session.Workers;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.wire.concurrent.Newcomers;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.filterchain.FilterChainBuilder;
import org.glassfish.grizzly.filterchain.TransportFilter;
import org.glassfish.grizzly.nio.transport.TCPNIOServerConnection;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.glassfish.tyrus.core.TyrusWebSocketEngine;
import org.glassfish.tyrus.server.TyrusServerContainer;
import org.glassfish.tyrus.spi.WebSocketEngine;
import org.jspecify.annotations.Nullable;

/**
 * A standalone server for a node, on Tyrus and Grizzly. Thread-safe.
 *
 * <p>The door decides on every request; refused requests are answered in plain HTTP. No thread waits for a slow peer,
 * so a few threads serve any number of bridges. The server has no timeouts after the handshake.
 *
 * <pre>{@code
 * try (TyrusBridgeServer server = TyrusBridgeServer.builder().address(new InetSocketAddress(8080)).bind()) {
 *     server.serve(node);
 *     …
 * }
 * }</pre>
 */
public final class TyrusBridgeServer implements BridgeServer {

    private final TCPNIOTransport transport;
    private final TCPNIOServerConnection listening;
    private final Workers workers;
    private final TyrusServerContainer tyrus;
    private final ServerFilter filter;
    private volatile @Nullable SSLContext tls;

    private TyrusBridgeServer(Builder settings) throws IOException {
        workers = new Workers("wsbridge-tyrus-server", 1);
        tyrus = new Container();
        tls = settings.tls;
        transport = Transports.build("wsbridge-tyrus-server");
        transport.setIOStrategy(new PatientAccepts(workers.timer()));
        try {
            tyrus.register(ServerFilter.endpoint());
            filter = new ServerFilter(
                    tyrus,
                    settings.maxConnections,
                    new Newcomers(settings.maxHandshakes),
                    settings.handshakeTimeout,
                    workers.timer());
            FilterChainBuilder chain = FilterChainBuilder.stateless().add(new TransportFilter());
            if (settings.tls != null) {
                chain.add(Transports.serverTls(this::tls, settings.clients));
            }
            transport.setProcessor(chain.add(new HttpCodec(settings.maxHeaderBytes))
                    .add(filter)
                    .build());
            listening = transport.bind(settings.address);
        } catch (IOException | RuntimeException e) {
            workers.close();
            throw e;
        } catch (DeploymentException e) {
            throw new IllegalStateException(e); // the endpoint is ours and is well-formed
        }
    }

    /** Returns a builder with default settings. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public void serve(Door door) throws IOException {
        filter.serve(door);
        SocketChannel.open().close(); // loads classes of the JDK that cannot be loaded without a file descriptor
        transport.start();
    }

    private SSLContext tls() {
        SSLContext context = tls;
        if (context == null) {
            throw new IllegalStateException("the server does not use TLS");
        }
        return context;
    }

    /**
     * Uses another TLS context for all connections from now on. Those that are open are kept, and no earlier session is
     * resumed.
     *
     * @throws IllegalStateException if the server does not use TLS
     */
    public void renewTls(SSLContext value) {
        tls();
        tls = value;
    }

    @Override
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalAddress();
    }

    @Override
    public void stopAccepting() {
        listening.closeSilently();
    }

    @Override
    public void close() {
        stopAccepting();
        workers.close();
        filter.terminateAll();
        tyrus.stop();
        try {
            transport.shutdownNow();
        } catch (IOException e) {
            throw new IllegalStateException("cannot stop the server", e);
        }
    }

    /** Tyrus without a socket. */
    private static final class Container extends TyrusServerContainer {
        private final TyrusWebSocketEngine engine =
                TyrusWebSocketEngine.builder(this).build();

        Container() {
            super(Set.of());
            setDefaultMaxSessionIdleTimeout(-1); // with 0, Tyrus would start a timer
        }

        @Override
        public void register(Class<?> endpoint) throws DeploymentException {
            engine.register(endpoint, "");
        }

        @Override
        public void register(ServerEndpointConfig endpoint) throws DeploymentException {
            engine.register(endpoint, "");
        }

        @Override
        public Map<String, Object> getProperties() {
            return Map.of();
        }

        @Override
        public WebSocketEngine getWebSocketEngine() {
            return engine;
        }
    }

    /** Builds a server. Not thread-safe. */
    public static final class Builder {
        private InetSocketAddress address = new InetSocketAddress(8080);
        private @Nullable SSLContext tls;
        private ClientCertificates clients = ClientCertificates.NOT_ASKED;
        private int maxConnections = 20_000;
        private int maxHandshakes = 1_000;
        private int maxHeaderBytes = 16 * 1024;
        private Duration handshakeTimeout = Duration.ofSeconds(10);

        private Builder() {}

        /** Sets the address to listen on; port 0 selects a free port. Default: port 8080 on all interfaces. */
        public Builder address(InetSocketAddress value) {
            address = value;
            return this;
        }

        /** Enables TLS with the keys of this context. Default: no TLS, as behind a proxy. */
        public Builder tls(SSLContext value) {
            tls = value;
            return this;
        }

        /**
         * Sets whether clients are asked for certificates, on which the trust managers of the TLS context decide. The
         * door finds them in {@link io.github.wsbridge.spi.Peer#certificates}. Default: they are not asked.
         */
        public Builder clientCertificates(ClientCertificates value) {
            clients = value;
            return this;
        }

        /** Sets the maximum number of connections, two per bridge; further ones are dropped. Default: 20,000. */
        public Builder maxConnections(int value) {
            maxConnections = positive(value);
            return this;
        }

        /**
         * Sets the maximum number of connections whose handshake is not over, of {@link #maxConnections}. For each
         * further one, the oldest of the address that has most of them is dropped. Default: 1,000.
         */
        public Builder maxHandshakes(int value) {
            maxHandshakes = positive(value);
            return this;
        }

        /** Sets the maximum size of the request line and header fields, in bytes. Default: 16 KiB. */
        public Builder maxHeaderBytes(int value) {
            maxHeaderBytes = positive(value);
            return this;
        }

        /** Sets the timeout from the connection to the response, including TLS and the door. Default: 10 seconds. */
        public Builder handshakeTimeout(Duration value) {
            positive((int) Math.min(value.toMillis(), Integer.MAX_VALUE));
            handshakeTimeout = value;
            return this;
        }

        /**
         * Binds the server, which accepts connections once {@link TyrusBridgeServer#serve} has been called.
         *
         * @throws IOException if the address cannot be bound
         * @throws IllegalStateException if certificates are asked for without TLS
         */
        public TyrusBridgeServer bind() throws IOException {
            if (tls == null && clients != ClientCertificates.NOT_ASKED) {
                throw new IllegalStateException("certificates of clients need TLS");
            }
            return new TyrusBridgeServer(this);
        }

        private static int positive(int value) {
            if (value <= 0) {
                throw new IllegalArgumentException("must be positive");
            }
            return value;
        }
    }
}
