package io.github.wsbridge.wire.proxy;

import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ways to single addresses of servers, for clients that take a name only: relays on the loopback address, each of which
 * leads to one address. Thread-safe.
 */
public final class AddressRelays implements AutoCloseable {

    private static final int MOST = 64;

    private final Map<InetSocketAddress, ProxyRelay> relays = new LinkedHashMap<>(16, 0.75f, true); // guarded by itself
    private boolean closed;

    /**
     * Returns the address of an HTTP proxy that leads to {@code address} when it is asked for {@code server}.
     *
     * @throws IOException if there is none and none can be started
     */
    public InetSocketAddress to(InetSocketAddress address, HostPort server) throws IOException {
        synchronized (relays) {
            if (closed) {
                throw new IOException("the connector is closed");
            }
            ProxyRelay relay = relays.get(address);
            if (relay == null) {
                if (relays.size() >= MOST) {
                    var eldest = relays.values().iterator();
                    eldest.next().close();
                    eldest.remove();
                }
                relay = ProxyRelay.to(address);
                relays.put(address, relay);
            }
            relay.announce(server);
            return relay.address();
        }
    }

    /** Returns why the latest connection to an address failed, which the client does not know; else {@code failure}. */
    public IOException explained(InetSocketAddress address, HostPort server, IOException failure) {
        ProxyRelay relay;
        synchronized (relays) {
            relay = relays.get(address);
        }
        IOException why = relay == null ? null : relay.takeFailure(server);
        return why == null ? failure : why;
    }

    /** Stops the relays. Open connections continue. */
    @Override
    public void close() {
        synchronized (relays) {
            closed = true;
            relays.values().forEach(ProxyRelay::close);
            relays.clear();
        }
    }
}
