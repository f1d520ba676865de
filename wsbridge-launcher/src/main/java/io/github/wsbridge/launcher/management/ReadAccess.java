package io.github.wsbridge.launcher.management;

import io.github.wsbridge.wire.net.Loopback;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may read, and who may change something. On this machine, everybody may read, unless the request was passed on by
 * a proxy, or its {@code Host} is a foreign name: then it comes from a web page whose owner has made that name resolve
 * to this machine (DNS rebinding). All others need the key, as a bearer's or, since browsers ask for it, as a password.
 *
 * <p>Changes need a key of their own, and only as a bearer's: a browser sends passwords that it knows with requests of
 * foreign pages, too (CSRF).
 */
final class ReadAccess {

    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";

    private final @Nullable Supplier<String> key;
    private final @Nullable Supplier<String> changeKey;

    /**
     * @param key the key to read; null if there is none
     * @param changeKey the key to change something, and to read; null if there is none
     */
    ReadAccess(@Nullable Supplier<String> key, @Nullable Supplier<String> changeKey) {
        this.key = key;
        this.changeKey = changeKey;
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

    /** Returns the status of a refusal to read: 401 or 403; 200 if there is none. */
    int decide(Request request) {
        if (!request.authorizations().isEmpty()) {
            return proves(request.authorizations(), key)
                            || proves(request.authorizations(), changeKey)
                            || isPassword(request.authorizations())
                    ? 200
                    : 401;
        }
        if (!request.from().isLoopbackAddress() || request.proxied()) {
            return 401;
        }
        boolean named = request.hosts().isEmpty() // as of old tools; browsers send it
                || request.hosts().size() == 1
                        && Loopback.is(Loopback.host(request.hosts().get(0)));
        return named ? 200 : 403;
    }

    /** Returns the status of a refusal to change something: 401, or 403 if nobody may; 200 if there is none. */
    int decideChange(Request request) {
        return changeKey == null ? 403 : proves(request.authorizations(), changeKey) ? 200 : 401;
    }

    /** Returns whether anybody may change something. */
    boolean changes() {
        return changeKey != null;
    }

    /** Returns the challenge to those who have no key. */
    String challenge() {
        return key == null ? "Bearer" : "Basic realm=\"wsbridge\", charset=\"UTF-8\", Bearer";
    }

    private static boolean proves(List<String> authorizations, @Nullable Supplier<String> wanted) {
        return wanted != null
                && authorizations.size() == 1
                && authorizations.get(0).startsWith(BEARER)
                && equal(authorizations.get(0).substring(BEARER.length()).strip(), wanted.get());
    }

    private boolean isPassword(List<String> authorizations) {
        if (key == null || authorizations.size() != 1 || !authorizations.get(0).startsWith(BASIC)) {
            return false;
        }
        try {
            byte[] decoded = Base64.getDecoder()
                    .decode(authorizations.get(0).substring(BASIC.length()).strip());
            String pair = new String(decoded, StandardCharsets.UTF_8);
            return equal(pair.substring(pair.indexOf(':') + 1), key.get()); // whatever the user is called
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean equal(String given, String wanted) {
        return MessageDigest.isEqual(wanted.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }
}
