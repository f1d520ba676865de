package io.github.wsbridge.netty;

import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.net.TlsRules;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Creates TLS contexts, from PEM files with the fastest available provider or from the JDK's contexts, and their
 * handlers. Clients resume sessions of the same host and port, with both providers.
 */
final class Tls {

    /** How long a client may resume a session. */
    static final Duration SESSION = Duration.ofHours(1);

    /** The maximum number of sessions that a client keeps, for all hosts together: a few KiB each. */
    static final int SESSIONS = 512;

    /** The system property in which users choose the groups for the key exchange, whatever the provider is. */
    private static final String CHOSEN_GROUPS = "jdk.tls.namedGroups";

    private static final List<String> GROUPS = List.of("x25519", "secp256r1", "secp384r1", "secp521r1");

    /**
     * BoringSSL's first choice. A handshake with it takes half as long again, and a client that offers it pays even if
     * the server chooses another (docs/benchmarks.md), so only servers offer it, to clients with nothing else.
     */
    private static final String POST_QUANTUM = "X25519MLKEM768";

    private Tls() {}

    static SslContext server(TlsIdentity identity) throws IOException {
        return server(identity, SslContext.defaultServerProvider());
    }

    static SslContext server(TlsIdentity identity, SslProvider provider) throws IOException {
        return server(identity, ClientCertificates.NOT_ASKED, null, provider);
    }

    /**
     * Returns a server's context.
     *
     * @param trust decides on the clients' certificates; null for the platform's authorities
     */
    static SslContext server(
            TlsIdentity identity, ClientCertificates clients, @Nullable TrustManagerFactory trust, SslProvider provider)
            throws IOException {
        SslContext context;
        try {
            SslContextBuilder settings = modern(SslContextBuilder.forServer(identity.key(), identity.chain()));
            settings.clientAuth(auth(clients));
            if (trust != null) {
                settings.trustManager(trust);
            }
            context = by(provider, settings, POST_QUANTUM).build();
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot use the certificate " + identity, e);
        }
        if (provider == SslProvider.OPENSSL) {
            OpenSslSessionContext sessions = (OpenSslSessionContext) context.sessionContext();
            sessions.setTicketKeys(); // turns tickets on; BoringSSL creates the keys and changes them every two days
            sessions.setSessionCacheEnabled(false); // sessions are in the tickets, so they take no memory here
        }
        return context;
    }

    /**
     * Returns a client's context.
     *
     * @param authorities those it trusts; null for the platform's
     * @param identity what it presents to servers that ask; null for nothing
     */
    static SslContext client(@Nullable Collection<X509Certificate> authorities, @Nullable TlsIdentity identity)
            throws IOException {
        return client(authorities, identity, SslContext.defaultClientProvider());
    }

    static SslContext client(
            @Nullable Collection<X509Certificate> authorities, @Nullable TlsIdentity identity, SslProvider provider)
            throws IOException {
        SslContextBuilder settings = modern(SslContextBuilder.forClient());
        if (authorities != null) {
            settings.trustManager(authorities);
        }
        if (identity == null) {
            return client(settings, provider);
        }
        try {
            return client(settings.keyManager(identity.key(), identity.chain()), provider);
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot use the certificate " + identity, e);
        }
    }

    static SslContext client(SslContextBuilder settings, SslProvider provider) throws SSLException {
        SslContext context = by(provider, settings)
                .sessionCacheSize(SESSIONS)
                .sessionTimeout(SESSION.toSeconds())
                .build();
        if (provider == SslProvider.OPENSSL) {
            ((OpenSslSessionContext) context.sessionContext()).setTicketKeys(); // accepts tickets in TLS 1.2, too
        }
        return context;
    }

    private static SslContextBuilder modern(SslContextBuilder settings) {
        return settings.protocols(TlsRules.PROTOCOLS).ciphers(TlsRules.SUITES, SupportedCipherSuiteFilter.INSTANCE);
    }

    private static ClientAuth auth(ClientCertificates clients) {
        return switch (clients) {
            case NOT_ASKED -> ClientAuth.NONE;
            case WANTED -> ClientAuth.OPTIONAL;
            case REQUIRED -> ClientAuth.REQUIRE;
        };
    }

    private static SslContextBuilder by(SslProvider provider, SslContextBuilder settings, String... moreGroups) {
        if (provider == SslProvider.OPENSSL && System.getProperty(CHOSEN_GROUPS) == null) {
            settings.option(
                    OpenSslContextOption.GROUPS,
                    Stream.concat(GROUPS.stream(), Stream.of(moreGroups)).toArray(String[]::new));
        }
        return settings.sslProvider(provider);
    }

    /** Discards the sessions of a client's context, which BoringSSL holds outside the heap. */
    static void forgetSessions(SslContext context) {
        if (!(context.sessionContext() instanceof OpenSslSessionContext sessions)) {
            return; // the application's, or on the heap
        }
        for (byte[] id : Collections.list(sessions.getIds())) {
            SSLSession session = sessions.getSession(id);
            if (session != null) {
                session.invalidate();
                sessions.getSession(id); // frees it
            }
        }
    }

    /** Returns the handler of an accepted connection. */
    static SslHandler handler(SslContext context, Channel channel, Duration timeout) {
        SslHandler handler = set(context.newHandler(channel.alloc()), channel, timeout);
        SSLEngine engine = handler.engine();
        if (!(engine instanceof ReferenceCountedOpenSslEngine)) { // BoringSSL refuses renegotiation by itself
            handler.handshakeFuture().addListener(done -> {
                if (done.isSuccess()) {
                    engine.setEnabledProtocols(new String[0]); // so that another handshake fails
                }
            });
        }
        return handler;
    }

    /**
     * Returns the handler of a connection to a host and port, which verifies the name in the certificate. A session is
     * resumed only for the same host and port, so this holds for resumed sessions, too.
     */
    static SslHandler handler(SslContext context, Channel channel, Duration timeout, String host, int port) {
        SslHandler handler = context.newHandler(channel.alloc(), host, port);
        SSLParameters parameters = handler.engine().getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        handler.engine().setSSLParameters(parameters);
        return set(handler, channel, timeout);
    }

    private static SslHandler set(SslHandler handler, Channel channel, Duration timeout) {
        handler.setHandshakeTimeoutMillis(timeout.toMillis());
        if (!(handler.engine() instanceof ReferenceCountedOpenSslEngine)) {
            TlsRules.restrict(handler.engine()); // an application's context may permit more
            return handler;
        }
        handler.setWrapDataSize(0); // all records of a write into one buffer; the JDK would take one of 16 KiB for each
        channel.config().setAllocator(TlsBuffers.INSTANCE); // after the engine, which needs no headroom
        return handler;
    }

    /** Returns a failure whose message says what is wrong with a certificate; BoringSSL says it only in the cause. */
    static IOException explained(IOException failure) {
        if (!(failure instanceof SSLException) || !(failure.getCause() instanceof CertificateException why)) {
            return failure;
        }
        String message = String.valueOf(why.getMessage());
        if (String.valueOf(failure.getMessage()).contains(message)) {
            return failure;
        }
        SSLHandshakeException explained = new SSLHandshakeException(message);
        explained.initCause(failure);
        return explained;
    }

    /** Returns the context of a client that an application has set up. */
    static SslContext of(SSLContext context) {
        return of(context, true, ClientCertificates.NOT_ASKED);
    }

    /** Returns the context of a server that an application has set up. */
    static SslContext server(SSLContext context, ClientCertificates clients) {
        return of(context, false, clients);
    }

    private static SslContext of(SSLContext context, boolean client, ClientCertificates clients) {
        return new JdkSslContext(
                context, client, null, IdentityCipherSuiteFilter.INSTANCE, null, auth(clients), null, false);
    }
}
