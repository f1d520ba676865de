package io.github.wsbridge.launcher.management;

import io.github.wsbridge.wire.net.Loopback;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may read. On this machine, everybody may, unless the request was passed on by a proxy, or its {@code Host} is a
 * foreign name: then it comes from a web page whose owner has made that name resolve to this machine (DNS rebinding).
 * All others need the key, and so does everybody for the names of devices.
 */
final class ReadAccess {

    private static final String BEARER = "Bearer ";

    private final @Nullable Supplier<String> key;

    /** @param key the key; null if there is none */
    ReadAccess(@Nullable Supplier<String> key) {
        this.key = key;
    }

    /**
     * What the request says.
     *
     * @param from the client
     * @param hosts the values of {@code Host}
     * @param authorizations the values of {@code Authorization}
     * @param proxied whether it has a field that proxies add
     */
    record Request(InetAddress from, List<String> hosts, List<String> authorizations, boolean proxied) {

        /** Omits the key. */
        @Override
        public String toString() {
            return "a request from " + from;
        }
    }

    /** Returns the status of a refusal: 401 or 403; 200 if there is none. */
    int decide(Request request) {
        if (!request.authorizations().isEmpty()) {
            return proves(request.authorizations()) ? 200 : 401;
        }
        if (!request.from().isLoopbackAddress() || request.proxied()) {
            return 401;
        }
        boolean named = request.hosts().isEmpty() // as of old tools; browsers send it
                || request.hosts().size() == 1
                        && Loopback.is(Loopback.host(request.hosts().get(0)));
        return named ? 200 : 403;
    }

    /** Returns the same for what says who devices are, which everybody needs the key for. */
    int decideOnNames(Request request) {
        return proves(request.authorizations()) ? 200 : 401;
    }

    private boolean proves(List<String> authorizations) {
        Supplier<String> wanted = key;
        if (wanted == null || authorizations.size() != 1) {
            return false;
        }
        String given = authorizations.get(0);
        return given.startsWith(BEARER)
                && MessageDigest.isEqual(
                        bytes(wanted.get()),
                        bytes(given.substring(BEARER.length()).strip()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
