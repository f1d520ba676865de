package io.github.wsbridge.access.jwt;

import com.nimbusds.jose.jwk.JWKSet;
import io.github.wsbridge.wire.net.TlsRules;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** Where the issuer's public keys are. */
@FunctionalInterface
interface KeySource {

    /** The most that is read: a set of keys takes a few KiB. */
    int MOST_BYTES = 256 * 1024;

    /** Reads all keys. Blocks, with a deadline. */
    JWKSet read() throws IOException;

    /** Reads a file. */
    static KeySource file(Path file) {
        return () -> {
            try (InputStream in = Files.newInputStream(file)) {
                return parse(in, file.toString());
            }
        };
    }

    /** Fetches a URL, which must be https, except for this machine. */
    static KeySource url(URI url, Duration timeout) {
        URI checked = checked(url);
        HttpClient client = client();
        return () -> parse(get(client, checked, timeout), checked.toString());
    }

    /** Asks an OpenID Connect provider for the URL of its keys, and fetches that. */
    static KeySource issuer(String issuer, Duration timeout) {
        HttpClient client = client();
        Discovery discovery = new Discovery(issuer, timeout, client);
        return () -> {
            URI keys = discovery.read().url("jwks_uri");
            return parse(get(client, keys, timeout), keys.toString());
        };
    }

    private static JWKSet parse(InputStream in, String where) throws IOException {
        byte[] bytes = in.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new IOException(where + " is longer than " + MOST_BYTES + " bytes");
        }
        try {
            JWKSet keys =
                    JWKSet.parse(new String(bytes, StandardCharsets.UTF_8)).toPublicJWKSet();
            if (keys.isEmpty()) {
                throw new IOException(where + " contains no public keys");
            }
            return keys;
        } catch (ParseException e) {
            throw new IOException(where + " does not contain a JWK set", e); // without what it contains
        }
    }

    /** Returns what fetches documents; it follows no redirects. */
    static HttpClient client() {
        HttpClient.Builder client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER);
        try {
            client.sslParameters(TlsRules.parameters(SSLContext.getDefault()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
        return client.build();
    }

    /** Fetches a URL. Blocks, with a deadline. */
    static InputStream get(HttpClient client, URI url, Duration timeout) throws IOException {
        return get(client, HttpRequest.newBuilder(url), timeout);
    }

    /** Returns the answer to a request. Blocks, with a deadline. */
    static InputStream get(HttpClient client, HttpRequest.Builder asking, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        HttpRequest request =
                asking.timeout(timeout).header("Accept", "application/json").build();
        URI url = request.uri();
        CompletableFuture<HttpResponse<InputStream>> asked =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
        HttpResponse<InputStream> response;
        try {
            response =
                    asked.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).join();
        } catch (CompletionException e) {
            asked.cancel(true);
            throw new IOException("cannot fetch " + url + ": " + e.getCause(), e.getCause());
        }
        try (InputStream body = response.body()) {
            // The request's timeout does not cover the body.
            CompletableFuture.delayedExecutor(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)
                    .execute(() -> close(body));
            if (response.statusCode() != 200) {
                throw new IOException(url + " answers with HTTP status " + response.statusCode());
            }
            return new ByteArrayInputStream(body.readNBytes(MOST_BYTES + 1));
        }
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // it is abandoned anyway
        }
    }

    /** Returns the URL, which must be https, except for this machine. */
    static URI checked(URI url) {
        String host = url.getHost();
        boolean own = "localhost".equals(host) || "127.0.0.1".equals(host) || "[::1]".equals(host);
        if (host == null || !"https".equals(url.getScheme()) && !("http".equals(url.getScheme()) && own)) {
            throw new IllegalArgumentException("not an https URL: " + url);
        }
        return url;
    }
}
