package io.github.wsbridge.access.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A signature algorithm, and what its keys are like. All are asymmetric: with a MAC, everyone who can verify tokens
 * could make them, and an issuer's public key could be taken for the secret of a MAC.
 */
enum Algorithm {
    RS256(null),
    RS384(null),
    RS512(null),
    PS256(null),
    PS384(null),
    PS512(null),
    ES256(Curve.P_256),
    ES384(Curve.P_384),
    ES512(Curve.P_521),
    EdDSA(Curve.Ed25519);

    private static final int LEAST_RSA_BITS = 2048;

    private final @Nullable Curve curve; // null: RSA

    Algorithm(@Nullable Curve curve) {
        this.curve = curve;
    }

    static Optional<Algorithm> of(JWSAlgorithm name) {
        return Arrays.stream(values())
                .filter(algorithm -> algorithm.name().equals(name.getName()))
                .findFirst();
    }

    /** Returns whether a key is meant for signatures with this algorithm. */
    boolean fits(JWK key) {
        if (key.getKeyUse() != null && !key.getKeyUse().equals(KeyUse.SIGNATURE)
                || key.getAlgorithm() != null && !key.getAlgorithm().getName().equals(name())) {
            return false;
        }
        if (key instanceof RSAKey rsa) {
            return curve == null && rsa.size() >= LEAST_RSA_BITS;
        }
        if (key instanceof ECKey ec) {
            return ec.getCurve().equals(curve);
        }
        return this == EdDSA
                && key instanceof OctetKeyPair pair
                && pair.getCurve().equals(curve);
    }

    /** Returns whether a token is signed with a key that fits. */
    boolean verifies(JWSObject token, JWK key) {
        try {
            if (key instanceof RSAKey rsa) {
                return token.verify(new RSASSAVerifier(rsa));
            }
            if (key instanceof ECKey ec) {
                return token.verify(new ECDSAVerifier(ec));
            }
            return key instanceof OctetKeyPair pair && ed25519(token, pair.getDecodedX());
        } catch (JOSEException | GeneralSecurityException | RuntimeException e) {
            return false; // such as a key that is not on its curve
        }
    }

    /** Verifies with the JDK; the library would need another one. */
    private static boolean ed25519(JWSObject token, byte[] x) throws GeneralSecurityException {
        byte[] bigEndian = new byte[x.length];
        for (int i = 0; i < x.length; i++) {
            bigEndian[i] = x[x.length - 1 - i];
        }
        boolean odd = (bigEndian[0] & 0x80) != 0;
        bigEndian[0] &= 0x7f;
        Signature signature = Signature.getInstance("Ed25519");
        signature.initVerify(KeyFactory.getInstance("Ed25519")
                .generatePublic(new EdECPublicKeySpec(
                        NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, bigEndian)))));
        signature.update(token.getSigningInput());
        return signature.verify(token.getSignature().decode());
    }
}
