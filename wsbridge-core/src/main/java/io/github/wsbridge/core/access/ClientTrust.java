package io.github.wsbridge.core.access;

import io.github.wsbridge.wire.files.TlsManagers;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The authorities whose certificates {@link CertificatePolicy} believes. Immutable; verification takes no network. */
public final class ClientTrust {

    private static final Logger log = LoggerFactory.getLogger(ClientTrust.class);

    private final X509TrustManager manager;
    private final String description;

    private ClientTrust(X509TrustManager manager, String description) {
        this.manager = manager;
        this.description = description;
    }

    /** Trusts these authorities. */
    public static ClientTrust of(Collection<X509Certificate> authorities) throws IOException, GeneralSecurityException {
        return new ClientTrust(
                (X509TrustManager) TlsManagers.trust(authorities).getTrustManagers()[0],
                authorities.size() + " authorities");
    }

    /**
     * Trusts these authorities, except for the certificates in their lists of revoked ones. There must be a list of
     * each authority that issues to clients: without one, or once it is older than its own {@code nextUpdate}, no
     * certificate of this authority is trusted.
     */
    public static ClientTrust of(Collection<X509Certificate> authorities, Collection<X509CRL> revoked)
            throws IOException, GeneralSecurityException {
        return new ClientTrust(
                (X509TrustManager) TlsManagers.trust(authorities, revoked).getTrustManagers()[0],
                authorities.size() + " authorities, " + revoked.size() + " revocation lists");
    }

    /** Returns whether a chain, the client's certificate first, is one of a client and trusted now. */
    boolean trusts(List<X509Certificate> chain) {
        try {
            manager.checkClientTrusted(
                    chain.toArray(X509Certificate[]::new),
                    chain.get(0).getPublicKey().getAlgorithm());
            return true;
        } catch (CertificateException e) {
            log.debug("The certificate {} is not trusted", chain.get(0).getSubjectX500Principal(), e);
            return false;
        }
    }

    @Override
    public String toString() {
        return description;
    }
}
