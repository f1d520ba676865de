package io.github.wsbridge.netty;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.IpNetwork;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out how to reach a server. Name lookups and the choice of a proxy may block, so they run on separate threads. A
 * route is reused for a second, so that most connections of a burst start on the calling thread. Thread-safe.
 */
final class Routes implements AutoCloseable {

    /**
     * A route to a server.
     *
     * @param proxy the proxy to connect through; null for none
     * @param addresses the server's addresses, in the order in which they are tried; unresolved if there is a proxy,
     *     unless the server is given by its address
     */
    record Route(@Nullable Via proxy, List<InetSocketAddress> addresses) {}

    /** A proxy and its address. */
    record Via(ProxyServer proxy, InetSocketAddress address) {}

    private record Key(boolean secure, HostPort server) {}

    private record Known(Route route, long nanos) {}

    private static final long LIFE = TimeUnit.SECONDS.toNanos(1);
    private static final int MOST_KNOWN = 256;
    private static final int LOOKUPS = 8;
    private static final int MOST_WAITING_LOOKUPS = 10_000;

    private final @Nullable Proxies proxies;
    private final Lookup lookup;
    private final Trust trust;
    private final LongSupplier nanoTime;
    private final Map<Key, Known> known = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor lookups;

    /**
     * Creates a finder.
     *
     * @param trust prepares TLS, which may block; called before a route to a secure server is known
     * @param nanoTime {@link System#nanoTime} except in tests
     */
    Routes(@Nullable Proxies proxies, Lookup lookup, Trust trust, LongSupplier nanoTime) {
        this.proxies = proxies;
        this.lookup = lookup;
        this.trust = trust;
        this.nanoTime = nanoTime;
        lookups = new ThreadPoolExecutor(
                LOOKUPS,
                LOOKUPS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING_LOOKUPS),
                new DefaultThreadFactory("wsbridge-netty-lookup", true));
        lookups.allowCoreThreadTimeOut(true);
    }

    /**
     * Finds a route and passes it to {@code found}, on the calling thread if the route is known and otherwise on a
     * thread that may block.
     *
     * @param needed whether the route is still needed; checked before a lookup
     * @throws RejectedExecutionException if too many lookups are pending, or this has been closed
     */
    void find(ClientUpgrade to, BooleanSupplier needed, Consumer<Route> found, Consumer<IOException> failed) {
        Key key = new Key(to.secure(), new HostPort(to.host(), to.port()));
        Known last = known.get(key);
        if (last != null && nanoTime.getAsLong() - last.nanos() < LIFE) {
            found.accept(last.route());
            return;
        }
        lookups.execute(() -> {
            if (!needed.getAsBoolean()) {
                return;
            }
            Route route;
            try {
                route = lookUp(key);
            } catch (IOException e) {
                failed.accept(e);
                return;
            } catch (RuntimeException e) { // from a foreign choice of proxies
                failed.accept(new IOException("cannot connect", e));
                return;
            }
            found.accept(route);
        });
    }

    /** Looks up a name; {@link HostPort#resolve} except in tests. */
    interface Lookup {
        List<InetSocketAddress> addresses(HostPort server) throws IOException;
    }

    /** Loads the trusted authorities, unless that was done before. */
    interface Trust {
        void load() throws IOException;
    }

    private Route lookUp(Key key) throws IOException {
        if (key.secure()) {
            trust.load();
        }
        HostPort server = key.server();
        ProxyServer proxy =
                proxies == null ? null : proxies.select(key.secure() ? "wss" : "ws", server.host(), server.port());
        Route route = proxy == null
                ? new Route(null, lookup.addresses(server))
                : new Route(
                        new Via(proxy, new InetSocketAddress(InetAddress.getByName(proxy.host()), proxy.port())),
                        List.of(destination(server)));
        if (known.size() >= MOST_KNOWN) {
            known.clear();
        }
        known.put(key, new Known(route, nanoTime.getAsLong()));
        return route;
    }

    /** Returns a server for a proxy, which looks up names itself. */
    private static InetSocketAddress destination(HostPort server) throws UnknownHostException {
        byte[] address = IpNetwork.address(server.host());
        return address == null
                ? InetSocketAddress.createUnresolved(server.host(), server.port())
                : new InetSocketAddress(InetAddress.getByAddress(server.host(), address), server.port());
    }

    /** Forgets a route that led nowhere. */
    void forget(ClientUpgrade to) {
        known.remove(new Key(to.secure(), new HostPort(to.host(), to.port())));
    }

    @Override
    public void close() {
        lookups.shutdownNow();
    }
}
