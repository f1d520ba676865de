package io.github.wsbridge.tyrus;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.proxy.ProxyRefusal;
import io.github.wsbridge.wire.proxy.RelayingSelector;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP proxy that a connection goes through: the user's, or a relay to it.
 *
 * @param address the resolved address to connect to
 * @param authorization the value of {@code Proxy-Authorization}; empty for none
 * @param relays knows the failures of a relay; null without one
 */
record Via(
        ProxyServer proxy,
        InetSocketAddress address,
        String authorization,
        @Nullable RelayingSelector relays) {

    /** Blocks for the lookup of the proxy's name. */
    static Via http(ProxyServer proxy) throws IOException {
        InetSocketAddress address = new InetSocketAddress(proxy.host(), proxy.port());
        if (address.isUnresolved()) {
            throw new UnknownHostException(proxy.host());
        }
        return new Via(proxy, address, proxy.authorization(), null);
    }

    static Via relayed(ProxyServer proxy, RelayingSelector relays, HostPort server) {
        return new Via(proxy, relays.address(proxy, server), "", relays);
    }

    /** Returns the failure that no connection can be made to the proxy. */
    IOException unreachable(Throwable why) {
        return new IOException(ProxyRefusal.unreachable(proxy, why), why);
    }

    /** Returns the failure that an answer of the proxy stands for. */
    IOException refusal(int status, List<String> challenges, HostPort server) {
        IOException refusal = new IOException(ProxyRefusal.http(proxy, status, challenges, server.toString()));
        return relays == null ? refusal : relays.explained(server, refusal);
    }

    /** Returns the proxy without its password. */
    @Override
    public String toString() {
        return "Via[" + proxy + "]";
    }
}
