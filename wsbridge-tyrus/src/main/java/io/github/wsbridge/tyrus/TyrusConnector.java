package io.github.wsbridge.tyrus;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.jakarta.session.Opening;
import io.github.wsbridge.jakarta.session.Workers;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.net.AddressSearch;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.proxy.RelayingSelector;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import jakarta.websocket.ClientEndpointConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.glassfish.tyrus.client.ClientManager;
import org.glassfish.tyrus.client.ClientProperties;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSockets with Tyrus on Grizzly. Thread-safe.
 *
 * <p>All connections share a few daemon threads, which end with {@link #close}. A slow peer does not occupy a thread; a
 * handshake occupies one until it completes, since Tyrus waits for it. Redirects are not followed: any status other
 * than 101 is a failure. Of several addresses of a name, another one is tried if one does not answer (RFC 8305).
 */
public final class TyrusConnector implements Connector {

    private static final int MAX_HANDSHAKES = 256;

    private final @Nullable SSLContext tls;
    private final @Nullable Proxies proxies;
    private final @Nullable RelayingSelector relays; // for SOCKS
    private final AddressSearch.Lookup lookup;
    private final TCPNIOTransport transport;
    private final Workers workers;
    private final AddressSearch search;
    private final ClientManager tyrus = ClientManager.createClient(GrizzlySockets.class.getName());
    private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet(); // including open connections

    /** Creates a connector that trusts the platform's certificates and uses no proxy. */
    public TyrusConnector() {
        this(null, null);
    }

    /**
     * Creates a connector.
     *
     * @param tls the TLS context for {@code wss} URLs; null for the platform's default. Host names are always verified
     * @param proxies chooses the proxy for each connection, on a thread that may block; null for none. With a SOCKS
     *     proxy, connections take a detour over a port of the loopback address, which leads only to the servers of this
     *     connector, and two threads each
     */
    public TyrusConnector(@Nullable SSLContext tls, @Nullable Proxies proxies) {
        this(tls, proxies, HostPort::resolve);
    }

    /** Creates a connector that looks up names in a certain way. */
    TyrusConnector(@Nullable SSLContext tls, @Nullable Proxies proxies, AddressSearch.Lookup lookup) {
        this.tls = tls;
        this.proxies = proxies;
        this.lookup = lookup;
        this.relays = proxies == null ? null : new RelayingSelector(proxies);
        tyrus.setDefaultMaxSessionIdleTimeout(-1); // with 0, Tyrus would start a timer
        tyrus.getProperties()
                .put(ClientProperties.HANDSHAKE_TIMEOUT, Integer.MAX_VALUE); // each target has its own timeout
        workers = new Workers("wsbridge-tyrus-connector", MAX_HANDSHAKES);
        search = new AddressSearch(workers);
        transport = Transports.build("wsbridge-tyrus-connector");
        try {
            transport.start();
        } catch (IOException e) {
            workers.close();
            throw new IllegalStateException("cannot open a selector", e);
        }
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        try {
            ClientUpgrade upgrade = new ClientUpgrade(target);
            HostPort server = new HostPort(upgrade.host(), upgrade.port());
            if (server.isAddress()) {
                return connect(target, null);
            }
            return search.connect(
                    server,
                    target.timeout(),
                    name -> proxy(upgrade) == null ? lookup.addresses(name) : List.of(),
                    (address, first, timeout) -> connect(
                            new Target(target.uri(), target.headers(), target.subprotocol(), timeout), address));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<Leg> connect(Target target, @Nullable InetSocketAddress address) {
        Opening opening;
        Attempt attempt;
        try {
            ClientUpgrade upgrade = new ClientUpgrade(target);
            opening = new Opening(target, workers.timer());
            attempt = new Attempt(
                    upgrade,
                    opening.leg(),
                    upgrade.secure() ? tls() : null,
                    address,
                    this::via,
                    workers.timer(),
                    attempts::remove);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        CompletableFuture<Leg> leg = opening.leg();
        attempts.add(attempt);
        leg.whenComplete((opened, failure) -> {
            if (failure != null) {
                attempts.remove(attempt);
                attempt.drop(); // also if the caller has cancelled it
            }
        });
        try {
            workers.execute(() -> open(target, opening, attempt));
        } catch (RejectedExecutionException e) {
            attempt.fail(new IOException("the connector is closed", e));
        }
        return leg;
    }

    private void open(Target target, Opening opening, Attempt attempt) {
        if (opening.leg().isDone()) {
            return; // it waited too long for a thread
        }
        ClientEndpointConfig config = opening.configuration().build();
        config.getUserProperties()
                .put(GrizzlySockets.OPENER, (GrizzlySockets.Opener) engine -> attempt.connect(engine, transport));
        try {
            tyrus.connectToServer(opening.endpoint(attempt::conduitFor), config, target.uri());
            opening.opened();
        } catch (IOException e) {
            opening.failed(e);
        } catch (Throwable e) { // any failure must reach the caller
            opening.failed(new IOException("cannot connect", e));
        }
    }

    private @Nullable ProxyServer proxy(ClientUpgrade upgrade) {
        return proxies == null ? null : proxies.select(upgrade.secure() ? "wss" : "ws", upgrade.host(), upgrade.port());
    }

    private @Nullable Via via(ClientUpgrade upgrade) throws IOException {
        ProxyServer proxy = proxy(upgrade);
        if (proxy == null || relays == null) {
            return null;
        }
        return proxy.protocol() == ProxyServer.Protocol.HTTP
                ? Via.http(proxy)
                : Via.relayed(proxy, relays, new HostPort(upgrade.host(), upgrade.port()));
    }

    private SSLContext tls() throws IOException {
        try {
            return tls == null ? SSLContext.getDefault() : tls;
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("TLS is not available", e);
        }
    }

    @Override
    public void close() {
        search.close();
        workers.close();
        if (relays != null) {
            relays.close();
        }
        attempts.forEach(attempt -> {
            attempt.fail(new IOException("the connector is closed")); // the workers' timer no longer does this
            attempt.drop();
        });
        tyrus.shutdown();
        try {
            transport.shutdownNow();
        } catch (IOException e) {
            throw new IllegalStateException("cannot stop the connector", e);
        }
    }
}
