package io.github.wsbridge.wire.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Wraps another TLS context to also check the name in the server's certificate, as HTTPS does, and to send the name
 * (SNI), for clients that do neither: they would accept any trusted certificate, regardless of its name.
 */
public final class NamedTls extends SSLContextSpi {

    private static final int PORT = 5671; // only identifies sessions in the cache

    private final SSLContext context;
    private final @Nullable String host;

    private NamedTls(SSLContext context, @Nullable String host) {
        this.context = context;
        this.host = host;
    }

    /** Returns a context with the same keys and trust, for clients that name the server when they connect. */
    public static SSLContext of(SSLContext context) {
        return wrap(context, null);
    }

    /** Returns a context with the same keys and trust, for connections to a single server. */
    public static SSLContext of(SSLContext context, String host) {
        return wrap(context, host);
    }

    private static SSLContext wrap(SSLContext context, @Nullable String host) {
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
        if (host == null) {
            throw new UnsupportedOperationException("whose name should be checked?");
        }
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
        return new Sockets(context);
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

    private static final class Sockets extends SSLSocketFactory {

        private final SSLSocketFactory sockets;
        private final SSLParameters parameters;

        Sockets(SSLContext context) {
            sockets = context.getSocketFactory();
            parameters = TlsRules.parameters(context);
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }

        private Socket checking(Socket socket) {
            ((SSLSocket) socket).setSSLParameters(parameters);
            return socket;
        }

        @Override
        public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
            return checking(sockets.createSocket(socket, host, port, autoClose));
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return checking(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return checking(sockets.createSocket(host, port, local, localPort));
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return checking(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return checking(sockets.createSocket(host, port, local, localPort));
        }

        @Override
        public String[] getDefaultCipherSuites() {
            return parameters.getCipherSuites();
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return sockets.getSupportedCipherSuites();
        }
    }
}
