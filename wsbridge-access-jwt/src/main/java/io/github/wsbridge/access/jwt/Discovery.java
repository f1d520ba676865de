package io.github.wsbridge.access.jwt;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;

/** What an OpenID Connect provider says about itself (OpenID Connect Discovery 1.0). */
final class Discovery {

    private final String issuer;
    private final URI place;
    private final Duration timeout;
    private final HttpClient client;

    /** @throws IllegalArgumentException if the issuer is not an https URL, or one of this machine */
    Discovery(String issuer, Duration timeout, HttpClient client) {
        this.issuer = issuer;
        place = KeySource.checked(URI.create(issuer.replaceAll("/+$", "") + "/.well-known/openid-configuration"));
        this.timeout = timeout;
        this.client = client;
    }

    /**
     * The document.
     *
     * @param place where it is
     * @param content what it says
     */
    record Document(URI place, Map<String, Object> content) {

        /** Returns a URL that it names, which must be https, except for this machine. */
        URI url(String name) throws IOException {
            if (!(content.get(name) instanceof String url)) {
                throw new IOException(place + " has no " + name);
            }
            try {
                return KeySource.checked(URI.create(url));
            } catch (IllegalArgumentException e) {
                throw new IOException(place + " has an unusable " + name + ": " + e.getMessage(), e);
            }
        }
    }

    /** Fetches it. Blocks, with a deadline. */
    Document read() throws IOException {
        try {
            Map<String, Object> found = JSONObjectUtils.parse(
                    new String(KeySource.get(client, place, timeout).readAllBytes(), StandardCharsets.UTF_8));
            if (!issuer.equals(found.get("issuer"))) {
                throw new IOException(place + " is that of another issuer");
            }
            return new Document(place, found);
        } catch (ParseException e) {
            throw new IOException(place + " is not the configuration of a provider", e);
        }
    }
}
