package io.github.wsbridge.wire.files;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A private key and the certificate that belongs to it.
 *
 * @param key the key
 * @param chain the certificate, followed by those of the authorities that issued it
 */
public record TlsIdentity(PrivateKey key, List<X509Certificate> chain) {

    /** Copies the chain. */
    public TlsIdentity {
        chain = List.copyOf(chain);
    }

    /**
     * Reads an identity from PEM files. Blocks.
     *
     * @param certificates the certificate, followed by its chain
     * @param key the file with the key, in PKCS #8, PKCS #1 or SEC 1; may be the same file
     * @param passwordFile a file with the password of an encrypted PKCS #8 key; null if the key is not encrypted
     * @throws IOException if a file cannot be read or has other content, or the certificate is not that of the key; the
     *     message names the file
     */
    public static TlsIdentity read(Path certificates, Path key, @Nullable Path passwordFile) throws IOException {
        TlsIdentity identity = new TlsIdentity(PrivateKeys.read(key, passwordFile), Pem.certificates(certificates));
        if (!identity.fits()) {
            throw new IOException("the key in " + key + " does not belong to the first certificate in " + certificates
                    + ", " + identity.subject());
        }
        return identity;
    }

    /**
     * Returns whether the certificate is that of the key: signs with one, and verifies with the other.
     *
     * @throws IOException if the key cannot be used
     */
    public boolean fits() throws IOException {
        String algorithm = key.getAlgorithm();
        if (!sameKind() || algorithm.equals("RSASSA-PSS")) { // whose signatures need parameters
            return sameKind();
        }
        try {
            Signature signature = Signature.getInstance(
                    switch (algorithm) {
                        case "EC" -> "SHA256withECDSA";
                        case "RSA" -> "SHA256withRSA";
                        default -> algorithm;
                    });
            signature.initSign(key);
            byte[] sample = chain.get(0).getSignature();
            signature.update(sample);
            byte[] signed = signature.sign();
            signature.initVerify(chain.get(0).getPublicKey());
            signature.update(sample);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            throw new IOException("the key of " + subject() + " cannot be used: " + e.getMessage(), e);
        }
    }

    private boolean sameKind() {
        return kind(key.getAlgorithm()).equals(kind(chain.get(0).getPublicKey().getAlgorithm()));
    }

    private static String kind(String algorithm) {
        return algorithm.startsWith("Ed") ? "Ed" : algorithm;
    }

    private String subject() {
        return chain.get(0).getSubjectX500Principal().getName();
    }

    /** Describes the certificate. */
    @Override
    public String toString() {
        return subject() + ", valid until " + chain.get(0).getNotAfter().toInstant();
    }
}
