package io.github.wsbridge.client.tls;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Base64;

/**
 * The SHA-256 digest of a public key, by which people and files name a device. It outlives the certificate as long as
 * the key stays.
 *
 * @param base64 the digest of the key's SubjectPublicKeyInfo (RFC 5280, section 4.1), in base64 without padding
 */
public record Fingerprint(String base64) {

    private static final String PREFIX = "SHA256:";
    private static final int BYTES = 32;

    /** Checks that it is a digest. */
    public Fingerprint {
        byte[] digest = Base64.getDecoder().decode(base64);
        if (digest.length != BYTES) {
            throw new IllegalArgumentException("not a SHA-256 digest in base64");
        }
        base64 = Base64.getEncoder().withoutPadding().encodeToString(digest);
    }

    /** Returns the fingerprint of a certificate's key. */
    public static Fingerprint of(X509Certificate certificate) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(certificate.getPublicKey().getEncoded());
            return new Fingerprint(Base64.getEncoder().encodeToString(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /**
     * Parses what {@link #toString} returns, with or without padding.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static Fingerprint parse(String text) {
        try {
            if (text.startsWith(PREFIX)) {
                return new Fingerprint(text.substring(PREFIX.length()));
            }
        } catch (IllegalArgumentException e) {
            // as below
        }
        throw new IllegalArgumentException(
                "not a fingerprint: \"" + text + "\"; expected SHA256: and 43 characters, as the device prints it");
    }

    /** Returns {@code SHA256:} and 43 characters. */
    @Override
    public String toString() {
        return PREFIX + base64;
    }
}
