package io.github.wsbridge.core.admission;

import io.github.wsbridge.core.access.AddressPolicy;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.wire.net.Loopback;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages out that have no business here. A browser lets any page open a WebSocket to any server, with the
 * network's and the user's standing, and says in {@code Origin} whose page it is. And whoever owns a name can have it
 * resolve to 127.0.0.1, so that a page of theirs counts as this machine's own (DNS rebinding): on a node that is open
 * to everyone, requests from this machine must name it.
 */
public final class BrowserRules {

    /** Stands for any origin. */
    public static final String ANY = "*";

    private static final AddressPolicy LOOPBACK = AddressPolicy.loopback();

    private final Set<String> origins;
    private final @Nullable Set<String> names;

    /**
     * @param origins the origins whose pages may connect
     * @param names the host names by which clients on this machine may call the node, beside those of the loopback
     *     interface; null for any
     * @throws IllegalArgumentException if an origin is invalid; the message quotes it
     */
    public BrowserRules(Collection<String> origins, @Nullable Collection<String> names) {
        this.origins = origins.stream().map(BrowserRules::origin).collect(Collectors.toUnmodifiableSet());
        this.names = names == null ? null : names.stream().map(Loopback::host).collect(Collectors.toUnmodifiableSet());
    }

    /** Returns why a request is refused, in words for people; null if it is not. */
    @Nullable
    String refusal(Handshake handshake, boolean signed) {
        List<String> origin = handshake.headers().all("Origin");
        if (!origin.isEmpty() && !signed && !allowed(origin)) {
            return "pages of this origin are not allowed (--allow-origin)";
        }
        List<String> host = handshake.headers().all("Host");
        if (names != null && !host.isEmpty() && LOOPBACK.covers(handshake.peer()) && !named(host)) {
            return "an insecure node on this machine must be called by its own name, such as localhost (--public-url)";
        }
        return null;
    }

    private boolean allowed(List<String> origin) {
        return origins.contains(ANY)
                || origin.size() == 1 && origins.contains(origin.get(0).toLowerCase(Locale.ROOT));
    }

    private boolean named(List<String> host) {
        String name = Loopback.host(host.get(0));
        return host.size() == 1 && (Loopback.is(name) || names != null && names.contains(name));
    }

    /** Returns an origin as browsers send it. */
    private static String origin(String text) {
        if (text.equals(ANY)) {
            return text;
        }
        URI uri;
        try {
            uri = URI.create(text.toLowerCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw invalid(text);
        }
        if (uri.getScheme() == null
                || uri.getRawAuthority() == null
                || uri.getRawUserInfo() != null
                || !uri.getRawPath().isEmpty()
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw invalid(text);
        }
        String standard =
                uri.getScheme().equals("https") ? ":443" : uri.getScheme().equals("http") ? ":80" : ":";
        String authority = uri.getRawAuthority();
        return uri.getScheme() + "://"
                + (authority.endsWith(standard)
                        ? authority.substring(0, authority.length() - standard.length())
                        : authority);
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is not an origin, such as https://console.example.com, and not *");
    }
}
