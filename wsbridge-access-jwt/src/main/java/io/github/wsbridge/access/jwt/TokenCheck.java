package io.github.wsbridge.access.jwt;

import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks that a token is signed by the issuer, for an audience, and valid now. Thread-safe; does not block.
 *
 * @param issuer the exact {@code iss}
 * @param audience what {@code aud} must contain
 * @param algorithms what it may be signed with
 * @param skew by how much clocks may differ
 * @param clock the clock
 * @param keys the issuer's keys
 */
record TokenCheck(
        String issuer,
        String audience,
        Set<Algorithm> algorithms,
        Duration skew,
        InstantSource clock,
        IssuerKeys keys) {

    private static final Logger log = LoggerFactory.getLogger(TokenCheck.class);

    private static final int MOST_TOKEN = 12 * 1024;
    private static final int MOST_HEADER = 1024; // in base64
    private static final int MOST_SUBJECT = 256;
    private static final int MOST_KEYS = 8; // that are tried if the token names none

    /** What has come of it. */
    sealed interface Result {

        /**
         * A valid token.
         *
         * @param claims its claims
         * @param subject its {@code sub}
         * @param end when it has expired
         */
        record Valid(JWTClaimsSet claims, String subject, Instant end) implements Result {}

        /**
         * A token that is worth nothing.
         *
         * @param why what is wrong with it, without any of its content
         */
        record Invalid(String why) implements Result {}
    }

    /** Checks a token. Fails if no keys of the issuer are known. */
    CompletionStage<Result> check(String token) {
        if (token.length() > MOST_TOKEN || token.indexOf('.') > MOST_HEADER) {
            return done(invalid("it or its header is too long"));
        }
        JWSObject signed;
        try {
            signed = JWSObject.parse(token);
        } catch (ParseException | RuntimeException e) { // not quoted: they may contain the token
            return done(invalid("it is not a signed token"));
        }
        Algorithm algorithm = Algorithm.of(signed.getHeader().getAlgorithm()).orElse(null);
        if (algorithm == null || !algorithms.contains(algorithm)) {
            return done(invalid("its algorithm is not permitted"));
        }
        if (signed.getHeader().getCriticalParams() != null) {
            return done(invalid("it has critical parameters"));
        }
        String id = signed.getHeader().getKeyID();
        return keys.find(key -> (id == null || id.equals(key.getKeyID())) && algorithm.fits(key))
                .thenApply(found -> isSigned(signed, algorithm, found)
                        ? claims(signed)
                        : invalid("no key of the issuer has signed it"));
    }

    private static boolean isSigned(JWSObject token, Algorithm algorithm, List<JWK> by) {
        return by.stream().limit(MOST_KEYS).anyMatch(key -> algorithm.verifies(token, key));
    }

    private Result claims(JWSObject token) {
        JWTClaimsSet claims;
        try {
            claims = JWTClaimsSet.parse(token.getPayload().toJSONObject());
        } catch (ParseException | RuntimeException e) {
            return invalid("its claims cannot be read");
        }
        Instant now = clock.instant();
        if (claims.getExpirationTime() == null
                || !now.isBefore(claims.getExpirationTime().toInstant().plus(skew))) {
            return invalid("it has expired, or has no exp");
        }
        if (claims.getNotBeforeTime() != null
                && now.isBefore(claims.getNotBeforeTime().toInstant().minus(skew))) {
            return invalid("it is not valid yet");
        }
        if (!issuer.equals(claims.getIssuer())) {
            return invalid("it is of another issuer");
        }
        if (!claims.getAudience().contains(audience)) {
            return invalid("it is for another audience");
        }
        String subject = claims.getSubject();
        if (subject == null
                || subject.isBlank()
                || subject.length() > MOST_SUBJECT
                || subject.chars().anyMatch(Character::isISOControl)) {
            return invalid("it has no usable sub");
        }
        return new Result.Valid(
                claims, subject, claims.getExpirationTime().toInstant().plus(skew));
    }

    private static Result invalid(String why) {
        log.debug("A token is not valid: {}", why);
        return new Result.Invalid(why);
    }

    private static CompletionStage<Result> done(Result result) {
        return CompletableFuture.completedFuture(result);
    }
}
