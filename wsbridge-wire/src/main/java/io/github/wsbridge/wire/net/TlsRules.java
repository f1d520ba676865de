package io.github.wsbridge.wire.net;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * What every use of TLS here has in common: version 1.3 or 1.2, and suites with forward secrecy and authenticated
 * encryption, whatever else the provider would offer.
 */
public final class TlsRules {

    /** The versions, the preferred one first. */
    public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    /** The cipher suites, by their names in Java. */
    public static final List<String> SUITES = List.of(
            "TLS_AES_256_GCM_SHA384",
            "TLS_AES_128_GCM_SHA256",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private TlsRules() {}

    /** Leaves an engine only the permitted ones of its versions and suites, in its own order. */
    public static SSLEngine restrict(SSLEngine engine) {
        engine.setEnabledProtocols(permitted(engine.getEnabledProtocols(), PROTOCOLS));
        engine.setEnabledCipherSuites(permitted(engine.getEnabledCipherSuites(), SUITES));
        return engine;
    }

    /** Returns a context's own parameters with only the permitted versions and suites. */
    public static SSLParameters parameters(SSLContext context) {
        SSLParameters parameters = context.getDefaultSSLParameters();
        parameters.setProtocols(permitted(parameters.getProtocols(), PROTOCOLS));
        parameters.setCipherSuites(permitted(parameters.getCipherSuites(), SUITES));
        return parameters;
    }

    private static String[] permitted(String[] enabled, List<String> among) {
        return Arrays.stream(enabled).filter(among::contains).toArray(String[]::new);
    }

    /** Returns the verified certificate chain of the peer, its own certificate first; empty if it presented none. */
    public static List<X509Certificate> peerCertificates(SSLSession session) {
        try {
            return Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
    }
}
