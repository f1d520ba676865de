package io.github.wsbridge.netty;

import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A server's TLS, and what it was made of, so that a part can be renewed.
 *
 * @param identity the key and the certificate; null if an application has made the context
 * @param given the application's context; null if there is none
 * @param clients whether clients are asked for certificates
 * @param trust decides on the clients' certificates; null if they are not asked, or the context decides
 * @param context what connections use
 */
record ServerTls(
        @Nullable TlsIdentity identity,
        @Nullable SSLContext given,
        ClientCertificates clients,
        @Nullable TrustManagerFactory trust,
        SslContext context) {

    static ServerTls of(TlsIdentity identity) throws IOException {
        return of(identity, ClientCertificates.NOT_ASKED, null);
    }

    static ServerTls of(SSLContext given) {
        return new ServerTls(
                null, given, ClientCertificates.NOT_ASKED, null, Tls.server(given, ClientCertificates.NOT_ASKED));
    }

    static ServerTls of(SslContext context) {
        return new ServerTls(null, null, ClientCertificates.NOT_ASKED, null, context);
    }

    private static ServerTls of(TlsIdentity identity, ClientCertificates clients, @Nullable TrustManagerFactory trust)
            throws IOException {
        return new ServerTls(
                identity,
                null,
                clients,
                trust,
                Tls.server(identity, clients, trust, SslContext.defaultServerProvider()));
    }

    /**
     * Returns the same with the clients being asked, or not.
     *
     * @throws IllegalStateException if nothing would decide on their certificates: the platform's authorities, which
     *     issue some to everybody, must not
     */
    ServerTls asking(ClientCertificates asked, @Nullable TrustManagerFactory by) throws IOException {
        if (asked == clients) {
            return this;
        }
        if (identity != null) {
            if (by == null) {
                throw new IllegalStateException("nothing decides on the certificates of clients");
            }
            return of(identity, asked, by);
        }
        return given == null ? this : new ServerTls(null, given, asked, by, Tls.server(given, asked));
    }

    /**
     * Returns the same with another identity or another trust; null for those it has.
     *
     * @throws IllegalStateException if there is nothing of the kind to renew
     */
    ServerTls renewed(@Nullable TlsIdentity other, @Nullable TrustManagerFactory by) throws IOException {
        TlsIdentity own = other == null ? identity : other;
        boolean asked = clients != ClientCertificates.NOT_ASKED;
        boolean decidedElsewhere = asked && identity == null; // in the context that would be replaced
        if (own == null || decidedElsewhere || by != null && !asked) {
            throw new IllegalStateException("the server's TLS is not renewed this way");
        }
        return of(own, clients, by == null ? trust : by);
    }

    /** Omits the key. */
    @Override
    public String toString() {
        return String.valueOf(identity);
    }
}
