package io.github.wsbridge.client;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.AddressSearch;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.proxy.AddressRelays;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Leads the JDK's client, which takes the first address of a name, to another one: over a relay on the loopback
 * address, which it takes for a proxy. The client asks for the proxy on the thread that begins the connection.
 */
final class JdkRoutes extends ProxySelector implements AutoCloseable {

    private static final int LOOKUPS = 256; // the probe of a dead server holds one for as long as its attempt lasts
    private static final int MOST_WAITING_LOOKUPS = 10_000;
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

    private final Supplier<@Nullable ProxySelector> proxies;
    private final AddressSearch.Lookup lookup;
    private final ThreadLocal<List<Proxy>> route = new ThreadLocal<>();
    private final AddressRelays relays = new AddressRelays();
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            LOOKUPS,
            LOOKUPS,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING_LOOKUPS),
            Daemons.named("wsbridge-lookup-"));
    private final AddressSearch search = new AddressSearch(threads);

    /**
     * Creates routes.
     *
     * @param proxies selects the proxies, to which no other address is sought; null for none
     */
    JdkRoutes(Supplier<@Nullable ProxySelector> proxies, AddressSearch.Lookup lookup) {
        this.proxies = proxies;
        this.lookup = lookup;
        threads.allowCoreThreadTimeOut(true);
    }

    /** Begins a connection to an address, or to that which the JDK finds if it is null. */
    interface Connecting {
        CompletionStage<Leg> begin(@Nullable InetSocketAddress detour, Duration timeout);
    }

    /**
     * Connects to one address after the other, unless there is but one or a proxy finds it.
     *
     * @param uri the URL as the JDK's client takes it
     */
    CompletionStage<Leg> connect(URI uri, HostPort server, Duration timeout, Connecting connecting) {
        if (server.isAddress() || proxied(uri)) {
            return connecting.begin(null, timeout);
        }
        return search.connect(
                server,
                timeout,
                lookup,
                (address, first, share) ->
                        connecting.begin(first ? null : address, share).toCompletableFuture());
    }

    private boolean proxied(URI uri) {
        boolean secure = "wss".equalsIgnoreCase(uri.getScheme());
        return !select(URI.create((secure ? "https" : "http")
                        + uri.toString().substring(uri.getScheme().length())))
                .stream()
                .allMatch(proxy -> proxy.type() == Proxy.Type.DIRECT);
    }

    /** Begins a connection that leads to {@code address} in place of that which the JDK finds. */
    <T> T detour(InetSocketAddress address, HostPort server, Supplier<T> begin) throws IOException {
        route.set(List.of(new Proxy(Proxy.Type.HTTP, relays.to(address, server))));
        try {
            return begin.get();
        } finally {
            route.remove();
        }
    }

    /** Returns why the relay could not connect, if it was the relay that failed. */
    IOException explained(InetSocketAddress address, HostPort server, IOException failure) {
        return relays.explained(address, server, failure);
    }

    @Override
    public List<Proxy> select(URI uri) {
        List<Proxy> detour = route.get();
        if (detour != null) {
            return detour;
        }
        ProxySelector chosen = proxies.get();
        return chosen == null ? DIRECT : chosen.select(uri);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        ProxySelector chosen = proxies.get();
        if (chosen != null) {
            chosen.connectFailed(uri, address, failure);
        }
    }

    @Override
    public void close() {
        search.close();
        threads.shutdownNow();
        relays.close();
    }
}
