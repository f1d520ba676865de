package io.github.wsbridge.access.jwt;

import com.nimbusds.jose.util.JSONObjectUtils;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Signs people in with an OpenID Connect provider: the authorization code flow with PKCE (OpenID Connect Core 1.0,
 * RFC 7636). The ID token is checked as {@link JwtPolicy} checks tokens, with the client id as its audience, and its
 * claims say in the same way which devices the person may open. Thread-safe; nothing blocks but {@link #close}.
 *
 * <p>The caller keeps the state, the nonce and the verifier of an attempt, and checks the state.
 */
public final class OpenIdSignIn implements AutoCloseable {

    private static final int THREADS = 16;
    private static final int MOST_WAITING = 64;

    private final String clientId;
    private final @Nullable Supplier<String> clientSecret;
    private final String scope;
    private final Permissions permissions;
    private final Duration timeout;
    private final HttpClient client = KeySource.client();
    private final Discovery discovery;
    private final TokenCheck check;
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            Daemons.named("wsbridge-openid-"));
    private volatile Discovery.@Nullable Document document;

    private OpenIdSignIn(Builder settings) {
        clientId = settings.clientId;
        clientSecret = settings.clientSecret;
        scope = settings.scope;
        permissions = new Permissions(settings.roleClaim, settings.devicesClaim);
        timeout = settings.timeout;
        discovery = new Discovery(settings.issuer, timeout, client);
        check = new TokenCheck(
                settings.issuer,
                clientId,
                settings.algorithms,
                settings.skew,
                settings.clock,
                new IssuerKeys(
                        KeySource.issuer(settings.issuer, timeout),
                        Duration.ofMinutes(5),
                        IssuerKeys.PAUSE,
                        settings.clock));
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Returns a builder.
     *
     * @param issuer the provider's https URL, as in its discovery document
     * @param clientId the name under which the provider knows this client
     */
    public static Builder builder(String issuer, String clientId) {
        return new Builder(issuer, clientId);
    }

    /**
     * A person whom the provider knows.
     *
     * @param subject the ID token's {@code sub}
     * @param token the ID token
     * @param until when it expires
     * @param mayOpen whether the claims permit to connect to a device
     */
    public record Person(String subject, String token, Instant until, Predicate<String> mayOpen) {

        /** Omits the token. */
        @Override
        public String toString() {
            return subject + " until " + until;
        }
    }

    /**
     * Returns where to send the browser.
     *
     * @param redirect where the provider sends it back with {@code code} and {@code state}
     * @param state what the caller recognizes its attempt by
     * @param nonce what the ID token has to contain
     * @param verifier a secret, of which the provider sees the hash now and the rest with the code (RFC 7636)
     * @return fails with an {@link IOException} if the provider does not say
     */
    public CompletionStage<URI> authorization(URI redirect, String state, String nonce, String verifier) {
        Task<URI> task = () -> {
            URI place = document().url("authorization_endpoint");
            Map<String, String> query = new LinkedHashMap<>();
            query.put("response_type", "code");
            query.put("client_id", clientId);
            query.put("redirect_uri", redirect.toString());
            query.put("scope", scope);
            query.put("state", state);
            query.put("nonce", nonce);
            query.put("code_challenge", challenge(verifier));
            query.put("code_challenge_method", "S256");
            return URI.create(place + (place.getRawQuery() == null ? "?" : "&") + form(query));
        };
        return document == null ? later(task) : now(task);
    }

    /** Without a thread: those who come back may use all of them. */
    private static <T> CompletableFuture<T> now(Task<T> task) {
        try {
            return CompletableFuture.completedFuture(task.run());
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Exchanges a code for the person's ID token, and checks that.
     *
     * @param code what the browser has brought
     * @param redirect as in the call of {@link #authorization}
     * @param nonce the same
     * @param verifier the same
     * @return fails with an {@link IOException} if the provider does not accept the code, cannot be reached or has sent
     *     a token that is not valid
     */
    public CompletionStage<Person> person(String code, URI redirect, String nonce, String verifier) {
        return later(() -> token(code, redirect, verifier))
                .thenCompose(token -> check.check(token).thenApply(result -> {
                    if (result instanceof TokenCheck.Result.Valid valid
                            && nonce.equals(valid.claims().getClaim("nonce"))) {
                        return new Person(
                                valid.subject(),
                                token,
                                valid.end(),
                                device -> permissions.permit(valid.claims(), valid.subject(), Action.CONNECT, device));
                    }
                    String why = result instanceof TokenCheck.Result.Invalid invalid ? invalid.why() : "another nonce";
                    throw new CompletionException(new IOException("the provider's token is not valid: " + why));
                }));
    }

    private String token(String code, URI redirect, String verifier) throws IOException {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", redirect.toString());
        form.put("code_verifier", verifier);
        HttpRequest.Builder request = HttpRequest.newBuilder(document().url("token_endpoint"));
        Supplier<String> secret = clientSecret;
        if (secret == null) {
            form.put("client_id", clientId);
        } else { // RFC 6749, section 2.3.1
            String pair = encoded(clientId) + ":" + encoded(secret.get());
            request.header(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
        }
        request.header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form(form)));
        try (InputStream answer = KeySource.get(client, request, timeout)) {
            String token = JSONObjectUtils.getString(
                    JSONObjectUtils.parse(new String(answer.readAllBytes(), StandardCharsets.UTF_8)), "id_token");
            if (token == null) {
                throw new IOException("the provider's answer has no id_token");
            }
            return token;
        } catch (ParseException e) { // not quoted: it may contain tokens
            throw new IOException("the provider's answer cannot be read");
        }
    }

    /** Returns the discovery document, which is read until it has been. */
    private Discovery.Document document() throws IOException {
        Discovery.Document known = document;
        if (known == null) {
            known = discovery.read();
            document = known;
        }
        return known;
    }

    private interface Task<T> {
        T run() throws IOException;
    }

    private <T> CompletableFuture<T> later(Task<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            threads.execute(() -> {
                try {
                    done.complete(task.run());
                } catch (IOException | RuntimeException e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(new IOException("too many people sign in at once", e));
        }
        return done;
    }

    private static String challenge(String verifier) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + encoded(field.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Stops the threads. */
    @Override
    public void close() {
        threads.shutdownNow();
        check.keys().close();
    }

    /** The settings. Not thread-safe. */
    public static final class Builder {
        private final String issuer;
        private final String clientId;
        private @Nullable Supplier<String> clientSecret;
        private String scope = "openid";
        private Set<Algorithm> algorithms = JwtPolicy.Builder.parse(JwtPolicy.ALGORITHMS);
        private String roleClaim = "roles";
        private String devicesClaim = "devices";
        private final Duration skew = Duration.ofMinutes(1);
        private final Duration timeout = Duration.ofSeconds(5);
        private InstantSource clock = InstantSource.system();

        private Builder(String issuer, String clientId) {
            this.issuer = issuer;
            this.clientId = clientId;
        }

        /** What this client proves itself with, asked at each sign-in. Default: nothing, as of a public client. */
        public Builder clientSecret(Supplier<String> value) {
            clientSecret = value;
            return this;
        }

        /** What is asked for, separated by spaces: {@code openid}, by default nothing else. */
        public Builder scope(String value) {
            scope = value;
            return this;
        }

        /** As {@link JwtPolicy.Builder#algorithms}. */
        public Builder algorithms(Collection<String> names) {
            algorithms = JwtPolicy.Builder.parse(names);
            return this;
        }

        /** As {@link JwtPolicy.Builder#roleClaim}. */
        public Builder roleClaim(String name) {
            roleClaim = name;
            return this;
        }

        /** As {@link JwtPolicy.Builder#devicesClaim}. */
        public Builder devicesClaim(String name) {
            devicesClaim = name;
            return this;
        }

        /** The clock that tells whether tokens have expired. Default: the system's. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /**
         * Builds it, and begins to read the provider's keys.
         *
         * @throws IllegalArgumentException if the issuer is not an https URL
         */
        public OpenIdSignIn build() {
            return new OpenIdSignIn(this);
        }
    }
}
