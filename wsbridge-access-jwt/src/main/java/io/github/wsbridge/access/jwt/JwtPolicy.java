package io.github.wsbridge.access.jwt;

import io.github.wsbridge.spi.AccessPolicy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Grants access by a signed JSON Web Token in {@code Authorization: Bearer}, such as one of an OpenID Connect provider.
 * Thread-safe; {@link #check} does not block: the issuer's keys are read on a thread of this policy.
 *
 * <p>A token must be signed with one of the chosen algorithms by a key of the issuer, name the issuer ({@code iss}) and
 * the audience ({@code aud}), have a subject ({@code sub}), which is the principal, and not have expired
 * ({@code exp}; {@code nbf} if there is one). Then its claims say what it permits:
 *
 * <ul>
 *   <li>The role claim, {@code roles} by default, an array or a text with spaces, contains {@code requester},
 *       {@code device} or both.
 *   <li>The claim {@code devices}, of the same form, contains the device ids, in which {@code *} matches any text. If
 *       it is missing, a requester may connect to all devices, and a device may listen as its {@code sub} only.
 * </ul>
 *
 * <p>Without a token, or with one that is not valid, access is denied with 401; with a valid one that does not permit
 * this, with 403. Signed URLs are denied with 401, since the token of who had one signed is not in them. Access is no
 * longer valid once the token has expired: {@code BridgeNode.endRevoked} then ends the socket of a listening device,
 * which connects again with a new token, and bridges only if told to.
 *
 * <p>If the issuer's keys cannot be read, known ones stay in use for a day. A token with an unknown key waits for them
 * to be read again, which happens no more often than every 30 seconds.
 */
public final class JwtPolicy implements AccessPolicy, AutoCloseable {

    /** The algorithms by default. */
    public static final List<String> ALGORITHMS = List.of("RS256", "ES256", "EdDSA");

    private static final Access UNKNOWN = new Access.Denied(401);
    private static final Access FORBIDDEN = new Access.Denied(403);

    private static final String SCHEME = "Bearer ";
    private static final int MOST_TOKEN = 12 * 1024;

    private final TokenCheck check;
    private final Permissions permissions;

    private JwtPolicy(Builder settings) {
        permissions = new Permissions(settings.roleClaim, settings.devicesClaim);
        KeySource source =
                settings.source == null ? KeySource.issuer(settings.issuer, settings.timeout) : settings.source;
        check = new TokenCheck(
                settings.issuer,
                settings.audience,
                settings.algorithms,
                settings.skew,
                settings.clock,
                new IssuerKeys(source, settings.refresh, settings.pause, settings.clock));
    }

    /**
     * Returns a builder.
     *
     * @param issuer the exact {@code iss} of tokens; the https URL of an OpenID Connect provider, unless the keys are
     *     somewhere else
     * @param audience what {@code aud} must contain: a name for this cluster
     */
    public static Builder builder(String issuer, String audience) {
        return new Builder(issuer, audience);
    }

    @Override
    public CompletionStage<Access> check(AccessRequest request) {
        if (request.action() == Action.CONNECT_SIGNED) {
            return done(
                    UNKNOWN); // of its principal's token nothing is known any more, and another's is beside the point
        }
        String field = request.headers().only("Authorization");
        if (!field.regionMatches(true, 0, SCHEME, 0, SCHEME.length()) || field.length() > MOST_TOKEN) {
            return done(UNKNOWN);
        }
        return check.check(field.substring(SCHEME.length()).strip())
                .thenApply(result -> result instanceof TokenCheck.Result.Valid valid
                        ? decide(valid, request.action(), request.deviceId())
                        : UNKNOWN);
    }

    private Access decide(TokenCheck.Result.Valid token, Action action, String deviceId) {
        return permissions.permit(token.claims(), token.subject(), action, deviceId)
                ? new Access.Granted(
                        token.subject(), () -> check.clock().instant().isBefore(token.end()))
                : FORBIDDEN;
    }

    private static CompletionStage<Access> done(Access access) {
        return CompletableFuture.completedFuture(access);
    }

    /** Stops the thread that reads keys. The policy must not be used any more. */
    @Override
    public void close() {
        check.keys().close();
    }

    /** The settings of a policy. Not thread-safe. */
    public static final class Builder {
        private final String issuer;
        private final String audience;
        private Set<Algorithm> algorithms = parse(ALGORITHMS);
        private @Nullable KeySource source;
        private String roleClaim = "roles";
        private String devicesClaim = "devices";
        private Duration skew = Duration.ofMinutes(1);
        private Duration timeout = Duration.ofSeconds(5);
        private Duration refresh = Duration.ofMinutes(5);
        private Duration pause = IssuerKeys.PAUSE;
        private InstantSource clock = InstantSource.system();

        private Builder(String issuer, String audience) {
            this.issuer = issuer;
            this.audience = audience;
        }

        /** Reads the issuer's keys, a JWK set, from a URL. Default: the one that the OpenID Connect provider names. */
        public Builder keys(URI url) {
            source = KeySource.url(url, timeout);
            return this;
        }

        /** Reads the issuer's keys, a JWK set, from a file, and again within half a minute after it has changed. */
        public Builder keys(Path file) {
            source = KeySource.file(file);
            refresh = IssuerKeys.PAUSE;
            return this;
        }

        /**
         * The algorithms that are permitted, of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA
         * (Ed25519). Default: {@link #ALGORITHMS}.
         *
         * @throws IllegalArgumentException if there are none, or one is not known
         */
        public Builder algorithms(Collection<String> names) {
            algorithms = parse(names);
            return this;
        }

        static Set<Algorithm> parse(Collection<String> names) {
            EnumSet<Algorithm> parsed = EnumSet.noneOf(Algorithm.class);
            for (String name : names) {
                Optional<Algorithm> known = EnumSet.allOf(Algorithm.class).stream()
                        .filter(algorithm -> algorithm.name().equals(name))
                        .findFirst();
                parsed.add(known.orElseThrow(() -> new IllegalArgumentException(
                        "not a permitted algorithm: " + name + "; known are " + EnumSet.allOf(Algorithm.class))));
            }
            if (parsed.isEmpty()) {
                throw new IllegalArgumentException("no algorithms");
            }
            return parsed;
        }

        /** The claim with the roles. Dots lead into objects: {@code realm_access.roles}. Default: {@code roles}. */
        public Builder roleClaim(String name) {
            roleClaim = name;
            return this;
        }

        /** The claim with the device ids. Dots lead into objects. Default: {@code devices}. */
        public Builder devicesClaim(String name) {
            devicesClaim = name;
            return this;
        }

        /** By how much the clocks of issuer and node may differ. Default: one minute. */
        public Builder clockSkew(Duration value) {
            skew = value;
            return this;
        }

        /** The clock that tells whether tokens have expired. Default: the system's. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        Builder keys(KeySource value, Duration every, Duration atMostEvery) {
            source = value;
            refresh = every;
            pause = atMostEvery;
            return this;
        }

        /**
         * Builds the policy, which begins to read the keys.
         *
         * @throws IllegalArgumentException if the issuer is not an https URL and there are no other {@code keys}
         */
        public JwtPolicy build() {
            return new JwtPolicy(this);
        }
    }
}
