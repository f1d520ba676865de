package io.github.wsbridge;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A proxy through which connections are made: an HTTP proxy, by {@code CONNECT} and with Basic authentication, or a
 * SOCKS 5 proxy, which looks up host names itself. Other ways to prove one's identity to a proxy, such as Digest, NTLM
 * and Kerberos, are not supported, nor is TLS to the proxy itself.
 *
 * @param protocol what the proxy speaks
 * @param host a host name or an IP address, without brackets
 * @param port from 1 to 65535
 * @param user the user; empty for none
 * @param password the password; empty for none
 */
public record ProxyServer(Protocol protocol, String host, int port, String user, String password) {

    /** What a proxy speaks. */
    public enum Protocol {
        /** HTTP/1.1 with the method {@code CONNECT}. */
        HTTP,
        /** SOCKS 5 (RFC 1928). */
        SOCKS5
    }

    private static final int HTTP_PORT = 80;
    private static final int SOCKS_PORT = 1080;
    private static final int MOST_SOCKS_BYTES = 255;

    private static final Pattern URL = Pattern.compile("(?:([a-zA-Z][a-zA-Z0-9+.-]*)://)?(?:(.*)@)?"
            + "(\\[[0-9a-zA-Z:.%]+]|[^:/?#@\\[\\]\\s]+)(?::([0-9]{1,5}))?/?");

    /**
     * Validates the parts.
     *
     * @throws IllegalArgumentException if one is invalid; the message quotes none
     */
    public ProxyServer {
        if (host.isEmpty() || port < 1 || port > 65535) {
            throw new IllegalArgumentException("a proxy needs a host and a port from 1 to 65535");
        }
        if (user.isEmpty() && !password.isEmpty()) {
            throw new IllegalArgumentException("a proxy's password needs a user");
        }
        if (protocol == Protocol.HTTP && user.contains(":")) {
            throw new IllegalArgumentException("the user of an HTTP proxy must not contain a colon");
        }
        if (protocol == Protocol.SOCKS5 && (tooLong(user) || tooLong(password))) {
            throw new IllegalArgumentException(
                    "the user and the password of a SOCKS proxy have at most 255 bytes each");
        }
    }

    private static boolean tooLong(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length > MOST_SOCKS_BYTES;
    }

    /**
     * Parses the URL of a proxy: {@code http://[USER:PASSWORD@]HOST[:PORT]}, or the same with {@code socks5://}. User
     * and password may be percent-encoded. Without a scheme, it is an HTTP proxy; {@code socks}, {@code socks5h} and
     * {@code socks5} are the same. The default port is 80, or 1080 for SOCKS.
     *
     * @throws IllegalArgumentException if the URL has another form; the message does not quote it, because it may
     *     contain a password
     */
    public static ProxyServer parse(String url) {
        Matcher parts = URL.matcher(url.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException("a proxy must be given as http://[USER:PASSWORD@]HOST[:PORT] or"
                    + " socks5://[USER:PASSWORD@]HOST[:PORT]");
        }
        Protocol protocol =
                protocol(parts.group(1) == null ? "http" : parts.group(1).toLowerCase(Locale.ROOT));
        String login = parts.group(2) == null ? "" : parts.group(2);
        int colon = login.indexOf(':');
        String host = parts.group(3);
        return new ProxyServer(
                protocol,
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                parts.group(4) != null
                        ? Integer.parseInt(parts.group(4))
                        : protocol == Protocol.HTTP ? HTTP_PORT : SOCKS_PORT,
                decode(colon < 0 ? login : login.substring(0, colon)),
                decode(colon < 0 ? "" : login.substring(colon + 1)));
    }

    private static Protocol protocol(String scheme) {
        return switch (scheme) {
            case "http" -> Protocol.HTTP;
            case "socks5", "socks5h", "socks" -> Protocol.SOCKS5;
            case "https" ->
                throw new IllegalArgumentException(
                        "a proxy must be http:// or socks5://; TLS to the proxy itself (https://) is not supported");
            default -> throw new IllegalArgumentException("a proxy must be http:// or socks5://");
        };
    }

    private static String decode(String text) {
        if (text.isEmpty()) {
            return "";
        }
        try {
            String value = Query.parse("x=" + text.replace("+", "%2B").replace("&", "%26"))
                    .get("x");
            return value == null ? "" : value;
        } catch (IllegalArgumentException e) {
            return text; // not percent-encoded after all
        }
    }

    /** Returns whether the proxy is to be told who asks. */
    public boolean hasUser() {
        return !user.isEmpty();
    }

    /** Returns the value of {@code Proxy-Authorization}, which is a secret; empty without a user. */
    public String authorization() {
        return hasUser()
                ? "Basic "
                        + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8))
                : "";
    }

    /** Returns the proxy as a URL, without the password. */
    @Override
    public String toString() {
        return (protocol == Protocol.HTTP ? "http" : "socks5") + "://"
                + (hasUser() ? user + ":***@" : "")
                + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
