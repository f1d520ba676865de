package io.github.wsbridge.wire.files;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes the JDK's key managers and trust managers of what has been read from files. */
public final class TlsManagers {

    private TlsManagers() {}

    /** Returns a key manager for one key and its certificate. */
    public static KeyManagerFactory keys(TlsIdentity identity) throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        store.setKeyEntry("own", identity.key(), new char[0], identity.chain().toArray(Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        return keys;
    }

    /** Returns a trust manager that trusts only these authorities. */
    public static TrustManagerFactory trust(Collection<X509Certificate> authorities)
            throws IOException, GeneralSecurityException {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store(authorities));
        return trust;
    }

    /**
     * Returns a trust manager that trusts only these authorities, and no certificate that is in one of their lists of
     * revoked ones. Only the peer's own certificate is looked up, of which there must be a list that is still valid.
     * Nothing is fetched.
     */
    public static TrustManagerFactory trust(Collection<X509Certificate> authorities, Collection<X509CRL> revoked)
            throws IOException, GeneralSecurityException {
        PKIXRevocationChecker checker =
                (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        checker.setOptions(Set.of(
                PKIXRevocationChecker.Option.PREFER_CRLS,
                PKIXRevocationChecker.Option.NO_FALLBACK,
                PKIXRevocationChecker.Option.ONLY_END_ENTITY));
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(store(authorities), new X509CertSelector());
        parameters.addCertPathChecker(checker);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(revoked)));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(new CertPathTrustManagerParameters(parameters));
        return trust;
    }

    /**
     * Returns a TLS context.
     *
     * @param keys what it presents; null for nothing
     * @param trust what it trusts; null for the platform's authorities
     */
    public static SSLContext context(@Nullable KeyManagerFactory keys, @Nullable TrustManagerFactory trust)
            throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        TrustManager[] trusted = trust == null ? null : trust.getTrustManagers();
        context.init(keys == null ? null : keys.getKeyManagers(), trusted, null);
        return context;
    }

    private static KeyStore store(Collection<X509Certificate> authorities)
            throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        int number = 0;
        for (Certificate authority : authorities) {
            store.setCertificateEntry("authority-" + number++, authority);
        }
        return store;
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
