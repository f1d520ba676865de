package io.github.wsbridge.website;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The website's own cookie on each host. It belongs to that host alone, scripts cannot read it, and devices neither see
 * it nor can set it.
 */
final class OwnCookie {

    /** With this prefix, browsers make sure that it comes from the host itself, over TLS. */
    private static final String SECURE = "__Host-wsbridge";

    private static final String PLAIN = "wsbridge";

    private OwnCookie() {}

    private static boolean isOwn(String pair) {
        String name = pair.split("=", 2)[0].strip();
        return name.equals(SECURE) || name.equals(PLAIN);
    }

    /** Returns the value that a browser sends. */
    static Optional<String> value(HttpHeaders fields, boolean secure) {
        String own = (secure ? SECURE : PLAIN) + "=";
        return fields.getAll(HttpHeaderNames.COOKIE).stream()
                .flatMap(line -> Arrays.stream(line.split(";")))
                .map(String::strip)
                .filter(pair -> pair.startsWith(own))
                .map(pair -> pair.substring(own.length()))
                .findFirst();
    }

    /** Returns the field that sets it, until the browser ends; an empty value removes it. */
    static String set(String value, boolean secure) {
        return (secure ? SECURE : PLAIN) + "=" + value + "; Path=/; HttpOnly; SameSite=Lax" + (secure ? "; Secure" : "")
                + (value.isEmpty() ? "; Max-Age=0" : "");
    }

    /** Removes it from what a browser sends. */
    static void removeFromRequest(HttpHeaders fields) {
        List<String> lines = fields.getAll(HttpHeaderNames.COOKIE);
        if (lines.stream().noneMatch(line -> line.contains(PLAIN))) {
            return;
        }
        String others = lines.stream()
                .flatMap(line -> Arrays.stream(line.split(";")))
                .filter(pair -> !isOwn(pair))
                .map(String::strip)
                .collect(Collectors.joining("; "));
        if (others.isEmpty()) {
            fields.remove(HttpHeaderNames.COOKIE);
        } else {
            fields.set(HttpHeaderNames.COOKIE, others);
        }
    }

    /** Returns whether a device's {@code Set-Cookie} is for this cookie. */
    static boolean isSetBy(String cookie) {
        return isOwn(cookie);
    }
}
