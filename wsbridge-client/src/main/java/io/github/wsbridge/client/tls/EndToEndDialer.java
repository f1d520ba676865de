package io.github.wsbridge.client.tls;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.files.TlsManagers;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A requester whose streams are encrypted from end to end, with TLS 1.3: whoever runs the bridge, or breaks into it,
 * sees who talks to which device, when, and how much, but not what, and can change nothing without ending the stream.
 * {@link EndToEndHandler} is its counterpart on the device. It never falls back to a stream that is not encrypted.
 *
 * <pre>{@code
 * DeviceDialer dialer = EndToEndDialer.builder(client, DeviceTrust.pins(Set.of(fingerprint))).build();
 * try (BridgeChannel stream = BridgeChannel.over(dialer.leg("device-1", "ssh").get())) { ... }
 * }</pre>
 *
 * <p>Thread-safe; no method blocks.
 */
public final class EndToEndDialer implements DeviceDialer {

    private static final CloseReason LATE =
            new CloseReason(CloseReason.TIMED_OUT, "the device did not answer inside TLS in time");

    private final DeviceDialer below;
    private final DeviceTrust trust;
    private final Duration timeout;
    private final Executor executor;
    private volatile KeyManager @Nullable [] keys;

    private EndToEndDialer(Builder builder) {
        below = builder.below;
        trust = builder.trust;
        timeout = builder.timeout;
        executor = builder.executor;
        keys = builder.keys;
    }

    /**
     * Returns a builder.
     *
     * @param below opens the streams to be encrypted, such as a {@link io.github.wsbridge.client.BridgeClient}
     * @param trust decides whether a certificate is that of a device
     */
    public static Builder builder(DeviceDialer below, DeviceTrust trust) {
        return new Builder(below, trust);
    }

    /**
     * Opens an encrypted stream. The request data is sent inside, except for that of a session, which names a protocol
     * only.
     *
     * @return as {@link DeviceDialer#leg}; also fails with an {@link UntrustedDeviceException} if the device could not
     *     prove that it is the one. A session completes before the device's handler has answered; a rejection, with
     *     4403, then ends it.
     */
    @Override
    public CompletableFuture<BridgeLeg> leg(String deviceId, String requestData) {
        InnerProtocol inner = InnerProtocol.carrying(requestData);
        CompletableFuture<BridgeLeg> opening = below.leg(deviceId, inner.outer());
        CompletableFuture<BridgeLeg> result = new CompletableFuture<>();
        opening.whenComplete((leg, failure) -> {
            if (failure == null) {
                encrypt(leg, deviceId, requestData, inner, result);
            } else {
                result.completeExceptionally(unwrap(failure));
            }
        });
        result.whenComplete((leg, failure) -> opening.cancel(true));
        return result;
    }

    private void encrypt(
            BridgeLeg leg, String deviceId, String requestData, InnerProtocol inner, CompletableFuture<BridgeLeg> to) {
        TlsLeg encrypted;
        try {
            encrypted = new TlsLeg(leg, inner.restrict(engine(deviceId)), executor);
        } catch (GeneralSecurityException | RuntimeException | Error e) { // such as no memory for the buffers
            leg.close(new CloseReason(CloseReason.INTERNAL_ERROR, "TLS cannot begin"));
            to.completeExceptionally(new IOException("TLS cannot begin", e));
            return;
        }
        to.whenComplete((done, failure) -> {
            if (failure != null) {
                encrypted.close(
                        failure instanceof BridgeException why
                                ? why.closeReason()
                                : new CloseReason(CloseReason.GOING_AWAY, "gave up"));
            }
        });
        encrypted
                .handshake()
                .thenCompose(tls -> ask(tls, requestData, inner))
                .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((ready, failure) -> {
                    if (failure != null) {
                        to.completeExceptionally(unwrap(failure));
                    } else if (!to.complete(ready)) {
                        ready.close(new CloseReason(CloseReason.GOING_AWAY, "gave up"));
                    }
                });
    }

    private SSLEngine engine(String deviceId) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS"); // one for each stream: nothing is resumed
        context.init(keys, new TrustManager[] {new DeviceCheck(deviceId, trust)}, null);
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        return engine;
    }

    private static CompletableFuture<BridgeLeg> ask(TlsLeg tls, String requestData, InnerProtocol inner) {
        if (!tls.protocol().equals(inner.alpn())) {
            return CompletableFuture.failedFuture(new BridgeException(new CloseReason(
                    CloseReason.PROTOCOL_ERROR, "the device does not speak " + inner.alpn() + " inside TLS")));
        }
        if (inner.session() != null) {
            return CompletableFuture.completedFuture(tls);
        }
        CompletableFuture<String> answer = FirstLine.of(tls);
        InnerProtocol.ask(tls, requestData); // if that fails, the stream ends
        return answer.thenCompose(line -> {
            CloseReason no = InnerProtocol.answer(line);
            return no == null
                    ? CompletableFuture.completedFuture(tls)
                    : CompletableFuture.failedFuture(new BridgeException(no));
        });
    }

    private static Throwable unwrap(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof TimeoutException) {
            return new BridgeException(LATE, cause);
        }
        for (Throwable at = cause; cause instanceof BridgeException bridge && at != null; at = at.getCause()) {
            if (at instanceof UntrustedException untrusted) {
                return new UntrustedDeviceException(bridge.closeReason(), untrusted);
            }
        }
        return cause;
    }

    /**
     * Presents another certificate from now on.
     *
     * @param key the private key
     * @param chain the certificate, followed by those of the authorities that issued it
     * @throws IOException if they cannot be used
     */
    public void renewIdentity(PrivateKey key, List<X509Certificate> chain)
            throws IOException, GeneralSecurityException {
        keys = managers(key, chain);
    }

    private static KeyManager[] managers(PrivateKey key, List<X509Certificate> chain)
            throws IOException, GeneralSecurityException {
        return TlsManagers.keys(new TlsIdentity(key, chain)).getKeyManagers();
    }

    /** Settings of a dialer; all optional. Not thread-safe. */
    public static final class Builder {
        private final DeviceDialer below;
        private final DeviceTrust trust;
        private Duration timeout = Duration.ofSeconds(45);
        private Executor executor = TaskThreads.shared();
        private KeyManager @Nullable [] keys;

        private Builder(DeviceDialer below, DeviceTrust trust) {
            this.below = below;
            this.trust = trust;
        }

        /**
         * Sets the own certificate, presented to devices that ask for one; none by default.
         *
         * @param key the private key
         * @param chain the certificate, followed by those of the authorities that issued it
         * @throws IOException if they cannot be used
         */
        public Builder identity(PrivateKey key, List<X509Certificate> chain)
                throws IOException, GeneralSecurityException {
            keys = managers(key, chain);
            return this;
        }

        /** Sets the time limit for handshake and answer, from when the bridge is established; 45 seconds by default. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /**
         * Sets where certificates are verified and files read; by default, daemon threads, virtual if the JDK supports
         * them.
         */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /** Builds the dialer. */
        public EndToEndDialer build() {
            return new EndToEndDialer(this);
        }
    }
}
