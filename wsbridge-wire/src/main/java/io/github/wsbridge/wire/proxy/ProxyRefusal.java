package io.github.wsbridge.wire.proxy;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.net.Reasons;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Says why a proxy does not let a connection through, and what helps. */
public final class ProxyRefusal {

    private ProxyRefusal() {}

    /**
     * Returns the words for an HTTP proxy's answer.
     *
     * @param status the answer's status
     * @param challenges the values of {@code Proxy-Authenticate}
     * @param target the host and port that the proxy was asked for
     */
    public static String http(ProxyServer proxy, int status, List<String> challenges, String target) {
        if (status != 407) {
            return "the proxy " + proxy + " does not connect to " + target + ": HTTP status " + status
                    + (status == 403 ? ", which usually means that it does not allow this host or port" : "");
        }
        List<String> schemes = challenges.stream()
                .map(challenge -> challenge.strip().split("[\\s,]", 2)[0])
                .filter(scheme -> scheme.matches("[A-Za-z0-9._-]{1,40}")) // anything else is not for people's eyes
                .toList();
        boolean basic = schemes.isEmpty()
                || schemes.stream()
                        .anyMatch(scheme -> scheme.toLowerCase(Locale.ROOT).equals("basic"));
        if (!basic) {
            return "the proxy " + proxy + " asks for authentication by "
                    + schemes.stream().collect(Collectors.joining(" or "))
                    + ", but only Basic is supported: use a proxy or a relay on this machine that knows it";
        }
        return login(proxy);
    }

    /** Returns the words for a proxy that wants to know who asks. */
    public static String login(ProxyServer proxy) {
        return proxy.hasUser()
                ? "the proxy " + proxy + " does not accept this user and password"
                : "the proxy " + proxy + " wants a user and a password: write them into its URL, as in "
                        + proxy.toString().replace("://", "://USER:PASSWORD@") + " (--proxy, HTTPS_PROXY)";
    }

    /** Returns the words for a proxy to which no connection can be made. */
    public static String unreachable(ProxyServer proxy, Throwable failure) {
        return "cannot connect to the proxy " + proxy + ": " + Reasons.of(failure);
    }

    /** Returns the words for a proxy that answers something else than SOCKS 5. */
    public static String notSocks(ProxyServer proxy) {
        return "the proxy " + proxy + " does not speak SOCKS 5: if it is an HTTP proxy, write http:// instead";
    }

    /** Returns the words for a SOCKS 5 proxy's reply to a request. */
    public static String socks(ProxyServer proxy, int reply, String target) {
        String why = switch (reply) {
            case 1 -> "it failed";
            case 2 -> "its rules do not allow it";
            case 3 -> "the network is unreachable";
            case 4 -> "the host is unreachable, or its name is unknown";
            case 5 -> "the connection was refused";
            case 6 -> "it took too long";
            case 7, 8 -> "it does not support this";
            default -> "reply " + reply;
        };
        return "the proxy " + proxy + " does not connect to " + target + ": " + why;
    }
}
