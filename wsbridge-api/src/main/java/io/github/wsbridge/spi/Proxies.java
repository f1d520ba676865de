package io.github.wsbridge.spi;

import io.github.wsbridge.ProxyServer;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Chooses the proxy for a connection. Must be thread-safe; may block. */
@FunctionalInterface
public interface Proxies {

    /**
     * Chooses a proxy.
     *
     * @param scheme what is spoken behind the proxy, in lower case: {@code ws}, {@code wss}, {@code http},
     *     {@code https}, {@code mqtt} or {@code mqtts}
     * @param host the host to connect to, an IPv6 address without brackets
     * @param port the port to connect to
     * @return the proxy; null for a direct connection
     */
    @Nullable
    ProxyServer select(String scheme, String host, int port);

    /** Returns the choice of one proxy for everything. */
    static Proxies of(ProxyServer proxy) {
        return (scheme, host, port) -> proxy;
    }

    /**
     * Returns the choice of the JDK's selector, which is asked about {@code http} and {@code https} URLs. Only the
     * first proxy it names is used.
     */
    static Proxies of(ProxySelector selector) {
        return (scheme, host, port) -> {
            String kind = scheme.toLowerCase(Locale.ROOT).endsWith("s") && !scheme.equals("ws") ? "https" : "http";
            String authority = (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
            return selector.select(URI.create(kind + "://" + authority + "/")).stream()
                    .findFirst()
                    .filter(chosen -> chosen.type() != Proxy.Type.DIRECT)
                    .filter(chosen -> chosen.address() instanceof InetSocketAddress)
                    .map(chosen -> of(chosen.type(), (InetSocketAddress) chosen.address()))
                    .orElse(null);
        };
    }

    private static ProxyServer of(Proxy.Type type, InetSocketAddress address) {
        ProxyServer.Protocol protocol =
                type == Proxy.Type.SOCKS ? ProxyServer.Protocol.SOCKS5 : ProxyServer.Protocol.HTTP;
        return new ProxyServer(protocol, address.getHostString(), address.getPort(), "", "");
    }
}
