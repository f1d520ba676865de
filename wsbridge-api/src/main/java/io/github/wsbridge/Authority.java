package io.github.wsbridge;

import java.net.IDN;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The host and the port of a URL. Unlike {@link URI#getHost}, it knows names with underscores, which container
 * platforms give to their services, and internationalized names.
 *
 * @param host a name in ASCII, which may end with a dot, or an IPv4 address, or an IPv6 address in brackets, which may
 *     have a zone after {@code %25}
 * @param port the port; -1 for none
 */
public record Authority(String host, int port) {

    private static final Pattern PARTS =
            Pattern.compile("(\\[[0-9a-fA-F:.]+(?:%[0-9A-Za-z._~-]+)?]|[^:\\[\\]@/%]+)(?::([0-9]{0,5}))?");

    private static final Pattern NAME = Pattern.compile("[0-9A-Za-z_-]+(\\.[0-9A-Za-z_-]+)*\\.?");

    /** Returns the authority of a URL; empty if it has none, or one with user info or of another form. */
    public static Optional<Authority> of(URI uri) {
        Matcher parts = PARTS.matcher(String.valueOf(uri.getRawAuthority()));
        if (uri.getRawAuthority() == null || !parts.matches()) {
            return Optional.empty();
        }
        String port = parts.group(2);
        int number = port == null || port.isEmpty() ? -1 : Integer.parseInt(port);
        String host = parts.group(1);
        if (number > 65535) {
            return Optional.empty();
        }
        if (host.startsWith("[")) {
            return Optional.of(new Authority(host.replaceFirst("%(?!25)", "%25"), number));
        }
        try {
            String ascii = host.chars().allMatch(c -> c < 0x80) ? host : IDN.toASCII(host);
            return NAME.matcher(ascii).matches() ? Optional.of(new Authority(ascii, number)) : Optional.empty();
        } catch (IllegalArgumentException e) { // no internationalized name either
            return Optional.empty();
        }
    }

    /** Returns the host to look up or to connect to: without brackets, and with a zone after {@code %}. */
    public String address() {
        return host.startsWith("[") ? host.substring(1, host.length() - 1).replace("%25", "%") : host;
    }

    /**
     * Returns the host as the server knows it: without the dot at the end of a name, which is for lookups only, and
     * without a zone, which has a meaning only on this machine.
     */
    public String name() {
        if (host.startsWith("[")) {
            return host.replaceFirst("%.*", host.contains("%") ? "]" : "");
        }
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    /** Returns it as in a URL. */
    @Override
    public String toString() {
        return port < 0 ? host : host + ":" + port;
    }
}
