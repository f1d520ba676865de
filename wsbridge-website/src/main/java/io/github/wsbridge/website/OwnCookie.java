package io.github.wsbridge.website;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The website's own cookies on each host. They belong to that host alone, scripts cannot read them, and devices neither
 * see them nor can set them.
 */
enum OwnCookie {
    /** Proves a sign-in. */
    SIGN_IN("wsbridge"),

    /** Recognizes the browser that began to open a device's host, or to sign in elsewhere. */
    ENTRY("wsbridge-entry");

    /** With this prefix, browsers make sure that it comes from the host itself, over TLS. */
    private static final String PREFIX = "__Host-";

    private static final String COMMON = "wsbridge";

    private final String plain;
    private final String secured;

    OwnCookie(String name) {
        plain = name;
        secured = PREFIX + name;
    }

    private static boolean isOwn(String pair) {
        String name = pair.split("=", 2)[0].strip();
        return Arrays.stream(values()).anyMatch(own -> name.equals(own.plain) || name.equals(own.secured));
    }

    private String name(boolean secure) {
        return secure ? secured : plain;
    }

    /** Returns the value that a browser sends. */
    Optional<String> value(HttpHeaders fields, boolean secure) {
        String own = name(secure) + "=";
        return fields.getAll(HttpHeaderNames.COOKIE).stream()
                .flatMap(line -> Arrays.stream(line.split(";")))
                .map(String::strip)
                .filter(pair -> pair.startsWith(own))
                .map(pair -> pair.substring(own.length()))
                .findFirst();
    }

    /** Returns the field that sets it, until the browser ends; an empty value removes it. */
    String set(String value, boolean secure) {
        return name(secure) + "=" + value + "; Path=/; HttpOnly; SameSite=Lax" + (secure ? "; Secure" : "")
                + (value.isEmpty() ? "; Max-Age=0" : "");
    }

    /** Removes all of them from what a browser sends. */
    static void removeFromRequest(HttpHeaders fields) {
        List<String> lines = fields.getAll(HttpHeaderNames.COOKIE);
        if (lines.stream().noneMatch(line -> line.contains(COMMON))) {
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

    /** Returns whether a device's {@code Set-Cookie} is for one of them. */
    static boolean isSetBy(String cookie) {
        return isOwn(cookie);
    }
}
