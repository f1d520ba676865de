package io.github.wsbridge.client.tls;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.files.TlsManagers;
import io.github.wsbridge.wire.net.Reasons;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's end of streams that are encrypted from end to end, with TLS 1.3, as a handler in front of another one.
 * {@link EndToEndDialer} is its counterpart. The other handler sees what was asked for inside, and who asks if the
 * requester has a certificate ({@link IncomingBridge#certificates}); its answer, too, is sent inside.
 *
 * <p>The bridge is accepted and the handshake done before the other handler is asked. Requests that are not encrypted
 * go to the other handler as they are, unless {@link Builder#only} refuses them. Thread-safe; does not block.
 */
public final class EndToEndHandler implements BridgeDevice.Handler {

    private static final Logger log = LoggerFactory.getLogger(EndToEndHandler.class);
    private static final CloseReason LATE =
            new CloseReason(CloseReason.TIMED_OUT, "the requester did not answer inside TLS in time");

    private static final CloseReason ENDED =
            new CloseReason(CloseReason.PROTOCOL_ERROR, "TLS between requester and device failed");

    private final BridgeDevice.Handler inner;
    private final boolean only;
    private final Duration timeout;
    private final Executor executor;
    private final ClientCertificates clients;
    private volatile TlsIdentity identity;
    private volatile @Nullable TrustManagerFactory trust;
    private volatile SSLContext context;

    private EndToEndHandler(Builder builder) throws IOException, GeneralSecurityException {
        inner = builder.inner;
        only = builder.only;
        timeout = builder.timeout;
        executor = builder.executor;
        clients = builder.clients;
        identity = builder.identity;
        trust = builder.trust;
        context = context();
    }

    /**
     * Returns a builder.
     *
     * @param inner answers what is asked inside TLS
     * @param key the device's private key
     * @param chain the device's certificate, followed by those of the authorities that issued it
     */
    public static Builder builder(BridgeDevice.Handler inner, PrivateKey key, List<X509Certificate> chain) {
        return new Builder(inner, new TlsIdentity(key, chain));
    }

    /** Uses another certificate for handshakes that begin from now on. */
    public synchronized void renewIdentity(PrivateKey key, List<X509Certificate> chain)
            throws IOException, GeneralSecurityException {
        identity = new TlsIdentity(key, chain);
        context = context();
    }

    /** Trusts other authorities of requesters in handshakes that begin from now on. */
    public synchronized void renewClientAuthorities(Collection<X509Certificate> authorities)
            throws IOException, GeneralSecurityException {
        trust = TlsManagers.trust(authorities);
        context = context();
    }

    private SSLContext context() throws IOException, GeneralSecurityException {
        return TlsManagers.context(TlsManagers.keys(identity), trust);
    }

    @Override
    public void handle(IncomingBridge bridge) throws Exception {
        String asked = bridge.requestData();
        if (!InnerProtocol.asksForTls(asked)) {
            if (only) {
                log.info("{}: rejected, because it is not encrypted from end to end", bridge);
                bridge.reject(403, "this device accepts only what is encrypted from end to end");
            } else {
                inner.handle(bridge);
            }
            return;
        }
        InnerProtocol protocol = InnerProtocol.asked(asked);
        if (protocol == null) {
            bridge.reject(404, "this device does not know this way of encryption");
            return;
        }
        bridge.acceptLeg().whenComplete((leg, failure) -> {
            if (failure == null) {
                encrypt(bridge, leg, protocol);
            } else {
                log.info("{} was not established: {}", bridge, Reasons.of(failure));
            }
        });
    }

    private void encrypt(IncomingBridge outer, BridgeLeg leg, InnerProtocol protocol) {
        TlsLeg encrypted;
        try {
            encrypted = new TlsLeg(leg, protocol.restrict(engine()), executor);
        } catch (RuntimeException | Error e) { // such as no memory for the buffers
            log.warn("{}: TLS cannot begin", outer, e);
            leg.close(new CloseReason(CloseReason.INTERNAL_ERROR, "TLS cannot begin"));
            return;
        }
        encrypted
                .handshake()
                .thenCompose(tls -> asked(tls, protocol))
                .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((requestData, failure) -> {
                    if (failure == null) {
                        pass(new EncryptedBridge(outer, encrypted, protocol, requestData, executor));
                    } else {
                        log.info("{}: TLS with the requester has failed: {}", outer, Reasons.of(failure));
                        encrypted.close(failure instanceof TimeoutException ? LATE : ENDED);
                    }
                });
    }

    private static CompletableFuture<String> asked(TlsLeg tls, InnerProtocol protocol) {
        if (!tls.protocol().equals(protocol.alpn())) {
            return CompletableFuture.failedFuture(
                    new IOException("the requester does not speak " + protocol.alpn() + " inside TLS"));
        }
        return protocol.session() == null
                ? FirstLine.of(tls).thenApply(InnerProtocol::decode)
                : CompletableFuture.completedFuture(protocol.session());
    }

    private void pass(EncryptedBridge bridge) {
        try {
            if (!bridge.certificates().isEmpty()) {
                log.info("{} has asked inside TLS", bridge);
            }
            bridge.await(timeout);
            executor.execute(() -> {
                try {
                    inner.handle(bridge);
                } catch (Exception | Error e) {
                    log.warn("The handler failed for {}", bridge, e);
                    bridge.fail();
                }
            });
        } catch (RuntimeException e) { // there is no thread
            log.warn("{} cannot be handled", bridge, e);
            bridge.fail();
        }
    }

    private SSLEngine engine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setWantClientAuth(clients == ClientCertificates.WANTED);
        if (clients == ClientCertificates.REQUIRED) {
            engine.setNeedClientAuth(true);
        }
        return engine;
    }

    /** Settings of a handler; all optional. Not thread-safe. */
    public static final class Builder {
        private final BridgeDevice.Handler inner;
        private final TlsIdentity identity;
        private boolean only;
        private Duration timeout = Duration.ofSeconds(30);
        private Executor executor = TaskThreads.shared();
        private ClientCertificates clients = ClientCertificates.NOT_ASKED;
        private @Nullable TrustManagerFactory trust;

        private Builder(BridgeDevice.Handler inner, TlsIdentity identity) {
            this.inner = inner;
            this.identity = identity;
        }

        /** Sets whether requests that are not encrypted from end to end are rejected with 403; false by default. */
        public Builder only(boolean only) {
            this.only = only;
            return this;
        }

        /**
         * Asks requesters for certificates; by default, they are not asked.
         *
         * @param asked whether a requester must have one
         * @param authorities whose certificates are trusted; others end the stream
         */
        public Builder clientCertificates(ClientCertificates asked, Collection<X509Certificate> authorities)
                throws IOException, GeneralSecurityException {
            clients = asked;
            trust = TlsManagers.trust(authorities);
            return this;
        }

        /**
         * Sets the time limit for the handshake and the request inside, and again for the inner handler's answer; 30
         * seconds by default.
         */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /**
         * Sets where certificates are verified, the inner handler runs and channels complete; by default, daemon
         * threads, virtual if the JDK supports them.
         */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /**
         * Builds the handler.
         *
         * @throws IOException if key and certificate cannot be used
         */
        public EndToEndHandler build() throws IOException, GeneralSecurityException {
            return new EndToEndHandler(this);
        }
    }
}
