package io.github.wsbridge.website;

import io.github.wsbridge.wire.net.HostPort;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * Where browsers find the website: its start page at the base URL, and each device at a name below the base URL's host.
 *
 * @param secure whether browsers use TLS
 * @param host the host, in lower case
 * @param port the port
 */
record SiteUrl(boolean secure, String host, int port) {

    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    /**
     * Reads a base URL.
     *
     * @throws IllegalArgumentException if it is none; the message says why
     */
    static SiteUrl of(URI url) {
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        boolean secure = scheme.equals("https");
        if (!secure && !scheme.equals("http") || url.getHost() == null) {
            throw new IllegalArgumentException("\"" + url + "\" is not http://HOST[:PORT] or https://HOST[:PORT]");
        }
        String path = String.valueOf(url.getRawPath());
        if (!path.isEmpty() && !path.equals("/") || url.getRawQuery() != null || url.getRawUserInfo() != null) {
            throw new IllegalArgumentException("\"" + url + "\" has more than a host and a port");
        }
        String host = url.getHost().toLowerCase(Locale.ROOT);
        if (new HostPort(host, 1).isAddress()) {
            throw new IllegalArgumentException(
                    "\"" + url + "\" has an address, below which there are no names for devices; use a name");
        }
        return new SiteUrl(secure, host, url.getPort() >= 0 ? url.getPort() : secure ? HTTPS : HTTP);
    }

    /** What a {@code Host} field names. */
    sealed interface Place {
        /** The start page. */
        record Start() implements Place {}

        /** The pages of a device. */
        record Device(String id) implements Place {}

        /** Nothing of this website. */
        record Nowhere() implements Place {}
    }

    /** Returns what the value of a {@code Host} field names. Its port does not matter: proxies in between change it. */
    Place place(String field) {
        String name = field.toLowerCase(Locale.ROOT);
        int colon = name.lastIndexOf(':');
        if (colon >= 0) {
            name = name.substring(0, colon);
        }
        if (name.equals(host)) {
            return new Place.Start();
        }
        if (!name.endsWith("." + host)) {
            return new Place.Nowhere();
        }
        String label = name.substring(0, name.length() - host.length() - 1);
        return DeviceLabel.device(label).<Place>map(Place.Device::new).orElseGet(Place.Nowhere::new);
    }

    /** Returns the base URL of a device's pages; empty if its id is too long for a host name. */
    Optional<String> of(String deviceId) {
        return DeviceLabel.of(deviceId).map(label -> origin(label + "." + host));
    }

    /** Returns the base URL, without a slash at the end. */
    String start() {
        return origin(host);
    }

    private String origin(String name) {
        String port = port() == (secure ? HTTPS : HTTP) ? "" : ":" + port();
        return (secure ? "https://" : "http://") + name + port;
    }

    @Override
    public String toString() {
        return start() + "/";
    }
}
