package io.github.wsbridge.netty;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** Creates TLS contexts: from PEM files with the fastest available provider, or from the JDK's contexts. */
final class Tls {

    private Tls() {}

    static SslContext server(Path certificateChain, Path key) throws IOException {
        try {
            return SslContextBuilder.forServer(certificateChain.toFile(), key.toFile())
                    .build();
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "cannot use " + certificateChain + " and " + key
                            + ": a PEM certificate with its chain and an unencrypted PKCS #8 key are needed",
                    e);
        }
    }

    /** Returns a client's context that trusts the platform's authorities. */
    static SslContext client() throws SSLException {
        return SslContextBuilder.forClient().build();
    }

    /** Returns a client's context that trusts only the authorities in a PEM file. */
    static SslContext client(Path authorities) throws IOException {
        try {
            return SslContextBuilder.forClient()
                    .trustManager(authorities.toFile())
                    .build();
        } catch (IllegalArgumentException e) {
            throw new IOException(authorities + " contains no PEM certificate", e);
        }
    }

    /** Returns the peer's verified certificate chain; empty if it presented none. */
    static List<X509Certificate> peerCertificates(SSLSession session) {
        try {
            return Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
    }

    static SslContext of(SSLContext context, boolean client) {
        return new JdkSslContext(
                context, client, null, IdentityCipherSuiteFilter.INSTANCE, null, ClientAuth.NONE, null, false);
    }
}
