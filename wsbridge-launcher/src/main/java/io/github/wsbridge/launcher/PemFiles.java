package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.TlsIdentity;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/** Makes the JDK's key managers and trust managers of what has been read from PEM files. */
final class PemFiles {

    private PemFiles() {}

    /** Returns a key manager for one key and its certificate. */
    static KeyManagerFactory keys(TlsIdentity identity) throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        store.setKeyEntry("own", identity.key(), new char[0], identity.chain().toArray(Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        return keys;
    }

    /** Returns a trust manager that trusts only these authorities. */
    static TrustManagerFactory trust(Collection<X509Certificate> authorities)
            throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        int number = 0;
        for (Certificate authority : authorities) {
            store.setCertificateEntry("authority-" + number++, authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        return trust;
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
