package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.wire.net.TlsRules;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * Wraps another TLS context to also check the name in the server's certificate, as HTTPS does, and to send the name
 * (SNI). The SDK does neither for AMQP: it would accept any trusted certificate, regardless of its name.
 */
final class NamedTls extends SSLContextSpi {

    private static final int PORT = 5671; // only identifies sessions in the cache

    private final SSLContext context;
    private final String host;

    private NamedTls(SSLContext context, String host) {
        this.context = context;
        this.host = host;
    }

    /** Returns a context with the same keys and trust, for connections to a single server. */
    static SSLContext of(SSLContext context, String host) {
        return new SSLContext(new NamedTls(context, host), context.getProvider(), context.getProtocol()) {};
    }

    private static SSLEngine checking(SSLEngine engine) {
        TlsRules.restrict(engine);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return engine;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
        return checking(context.createSSLEngine(host, PORT));
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String peerHost, int peerPort) {
        return checking(context.createSSLEngine(peerHost, peerPort));
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
            throws KeyManagementException {
        throw new KeyManagementException("keys and trust are already set");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
        return context.getSocketFactory();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
        return context.getServerSocketFactory();
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
        return context.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
        return context.getClientSessionContext();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
        return context.getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
        return context.getSupportedSSLParameters();
    }
}
