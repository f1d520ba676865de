package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.TlsManagers;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** What a client trusts whose TLS context stays the same when its authorities change. Thread-safe. */
final class RenewableTrust extends X509ExtendedTrustManager {

    private volatile X509ExtendedTrustManager current;

    RenewableTrust(Collection<X509Certificate> authorities) throws IOException, GeneralSecurityException {
        current = trusting(authorities);
    }

    /** Trusts only these authorities from now on. */
    void renew(Collection<X509Certificate> authorities) throws IOException, GeneralSecurityException {
        current = trusting(authorities);
    }

    private static X509ExtendedTrustManager trusting(Collection<X509Certificate> authorities)
            throws IOException, GeneralSecurityException {
        return (X509ExtendedTrustManager) TlsManagers.trust(authorities).getTrustManagers()[0];
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        current.checkServerTrusted(chain, authType, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        current.checkServerTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        current.checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        current.checkClientTrusted(chain, authType, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        current.checkClientTrusted(chain, authType, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        current.checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return current.getAcceptedIssuers();
    }
}
