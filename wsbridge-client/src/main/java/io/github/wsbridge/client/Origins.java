package io.github.wsbridge.client;

import io.github.wsbridge.Authority;
import io.github.wsbridge.Endpoints;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The servers whose accept URLs a device opens: its own, and those configured in addition. The names of this machine
 * are one: a node that listens on 127.0.0.1 says so in its URLs, though the device may know it as localhost. A server
 * without TLS on the standard port is also trusted with TLS, since it may redirect to that.
 */
final class Origins {

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    private record Origin(String scheme, String host, int port) {

        static @Nullable Origin of(URI uri) {
            Authority authority = Authority.of(uri).orElse(null);
            if (uri.getScheme() == null || authority == null) {
                return null;
            }
            String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
            boolean secure = scheme.equals("wss");
            if (!secure && !scheme.equals("ws")) {
                return null;
            }
            String host = authority.name().toLowerCase(Locale.ROOT);
            int port = authority.port() >= 0 ? authority.port() : secure ? 443 : 80;
            return new Origin(scheme, THIS_MACHINE.contains(host) ? "localhost" : host, port);
        }

        boolean redirectsTo(Origin other) {
            return scheme.equals("ws") && port == 80 && other.equals(new Origin("wss", host, 443));
        }
    }

    private final Set<Origin> trusted = new LinkedHashSet<>();
    private final List<URI> servers = new ArrayList<>();

    /**
     * Trusts the servers and {@code others}.
     *
     * @throws IllegalArgumentException if one of the others is not a base URL, or is unencrypted although the servers
     *     are encrypted
     */
    Origins(Collection<URI> own, Collection<URI> others) {
        boolean encrypted = own.stream()
                .allMatch(server -> Endpoints.base(server).getScheme().equals("wss"));
        for (URI other : others) {
            if (encrypted && Endpoints.base(other).getScheme().equals("ws")) {
                throw new IllegalArgumentException("not encrypted, although the server is: " + other);
            }
        }
        own.forEach(this::add);
        others.forEach(this::add);
    }

    private void add(URI server) {
        URI base = Endpoints.base(server);
        Origin origin = Origin.of(base);
        if (origin != null) {
            trusted.add(origin);
            servers.add(base);
        }
    }

    /** Returns whether a URL is that of the accept endpoint of a trusted server, below any base path. */
    boolean trust(URI acceptUrl) {
        Origin origin = Origin.of(acceptUrl);
        return origin != null
                && acceptUrl.getRawUserInfo() == null
                && acceptUrl.getRawFragment() == null
                && acceptUrl.getRawPath().endsWith(Endpoints.ACCEPT)
                && (trusted.contains(origin) || trusted.stream().anyMatch(known -> known.redirectsTo(origin)));
    }

    /** Returns why an accept URL is not trusted, and what helps. */
    String whyNot(URI acceptUrl) {
        String known = servers.stream().map(Origins::place).collect(Collectors.joining(" or "));
        return "its accept URL is at " + place(acceptUrl) + ", but the device knows only " + known
                + ". Start the node with the URL that devices use (--public-url " + servers.get(0)
                + "), or let the device use that one, too (--allow-origin " + place(acceptUrl) + ")";
    }

    /** Returns the server of a URL, without anything that may be secret. */
    static String place(URI uri) {
        return uri.getScheme() + "://"
                + Authority.of(uri).map(Authority::toString).orElse("an unknown host");
    }
}
