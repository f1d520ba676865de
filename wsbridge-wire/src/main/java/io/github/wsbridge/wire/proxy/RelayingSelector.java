package io.github.wsbridge.wire.proxy;

import io.github.wsbridge.Authority;
import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Selects proxies for clients of the JDK's kind, which know neither SOCKS nor, unless the whole JVM is told to, Basic
 * authentication for tunnels: those proxies are reached over a relay on the loopback address. Thread-safe.
 */
public final class RelayingSelector extends ProxySelector implements AutoCloseable {

    private final Proxies proxies;
    private final Map<ProxyServer, ProxyRelay> relays = new ConcurrentHashMap<>();

    /** Creates a selector, which starts relays when they are needed. */
    public RelayingSelector(Proxies proxies) {
        this.proxies = proxies;
    }

    @Override
    public List<Proxy> select(URI uri) {
        HostPort server = server(uri);
        ProxyServer proxy = proxies.select(uri.getScheme(), server.host(), server.port());
        if (proxy == null) {
            return List.of(Proxy.NO_PROXY);
        }
        return List.of(new Proxy(Proxy.Type.HTTP, address(proxy, server)));
    }

    /** Returns the address of an HTTP proxy without a user that leads to {@code server} through {@code proxy}. */
    public InetSocketAddress address(ProxyServer proxy, HostPort server) {
        if (proxy.protocol() == ProxyServer.Protocol.HTTP && !proxy.hasUser()) {
            return new InetSocketAddress(proxy.host(), proxy.port());
        }
        ProxyRelay relay = relays.computeIfAbsent(proxy, RelayingSelector::start);
        relay.announce(server);
        return relay.address();
    }

    private static ProxyRelay start(ProxyServer proxy) {
        try {
            return ProxyRelay.through(proxy);
        } catch (IOException e) {
            throw new IllegalStateException("cannot start a relay to the proxy " + proxy, e);
        }
    }

    /**
     * Returns why a proxy did not let the latest connection to a server through, which the client does not know.
     *
     * @param failure what the client reported
     */
    public IOException explained(URI uri, IOException failure) {
        HostPort server = server(uri);
        IOException why = explained(server, failure);
        if (why != failure) {
            return why;
        }
        ProxyServer proxy = proxies.select(uri.getScheme(), server.host(), server.port());
        if (proxy != null) {
            String message = String.valueOf(failure.getMessage());
            if (failure instanceof ConnectException) {
                return new IOException(ProxyRefusal.unreachable(proxy, failure), failure);
            }
            if (message.contains("Tunnel failed, got: ")) {
                int status = Integer.parseInt(message.replaceFirst("(?s).*Tunnel failed, got: ([0-9]{3}).*", "$1"));
                return new IOException(ProxyRefusal.http(proxy, status, List.of(), server.toString()), failure);
            }
        }
        return failure;
    }

    /** Returns why a relay's proxy did not let the latest connection to a server through; else {@code failure}. */
    public IOException explained(HostPort server, IOException failure) {
        for (ProxyRelay relay : relays.values()) {
            IOException why = relay.takeFailure(server);
            if (why != null) {
                return why;
            }
        }
        return failure;
    }

    /** Returns why the proxy of a server wants to know who asks; null if there is no proxy. */
    public @Nullable IOException challenged(URI uri) {
        HostPort server = server(uri);
        ProxyServer proxy = proxies.select(uri.getScheme(), server.host(), server.port());
        return proxy == null ? null : new IOException(ProxyRefusal.login(proxy));
    }

    private static HostPort server(URI uri) {
        Authority authority =
                Authority.of(uri).orElseThrow(() -> new IllegalArgumentException("no host: " + uri.getScheme()));
        boolean secure =
                uri.getScheme().equalsIgnoreCase("https") || uri.getScheme().equalsIgnoreCase("wss");
        int port = authority.port() >= 0 ? authority.port() : secure ? 443 : 80;
        return new HostPort(authority.address(), port);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // There is no other proxy to try.
    }

    /** Stops the relays. Open connections continue. */
    @Override
    public void close() {
        relays.values().forEach(ProxyRelay::close);
    }
}
