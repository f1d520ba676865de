package io.github.wsbridge.client;

import io.github.wsbridge.Endpoints;
import java.net.URI;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The servers whose accept URLs a device opens: its own, and those configured in addition. */
final class Origins {

    private record Origin(String scheme, String host, int port) {

        static @Nullable Origin of(URI uri) {
            if (uri.getScheme() == null || uri.getHost() == null) {
                return null;
            }
            String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
            boolean secure = scheme.equals("wss");
            if (!secure && !scheme.equals("ws")) {
                return null;
            }
            int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
            return new Origin(scheme, uri.getHost().toLowerCase(Locale.ROOT), port);
        }
    }

    private final Set<Origin> trusted;

    /**
     * Trusts {@code server} and {@code others}.
     *
     * @throws IllegalArgumentException if one of the others is not a base URL, or is unencrypted although the server is
     *     encrypted
     */
    Origins(URI server, Collection<URI> others) {
        URI own = Endpoints.base(server);
        for (URI other : others) {
            if (own.getScheme().equals("wss")
                    && Endpoints.base(other).getScheme().equals("ws")) {
                throw new IllegalArgumentException("not encrypted, although the server is: " + other);
            }
        }
        trusted = Stream.concat(Stream.of(own), others.stream())
                .map(uri -> Origin.of(Endpoints.base(uri)))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns whether a URL is that of the accept endpoint of a trusted server, below any base path. */
    boolean trust(URI acceptUrl) {
        Origin origin = Origin.of(acceptUrl);
        return origin != null
                && acceptUrl.getRawUserInfo() == null
                && acceptUrl.getRawFragment() == null
                && acceptUrl.getRawPath().endsWith(Endpoints.ACCEPT)
                && trusted.contains(origin);
    }
}
