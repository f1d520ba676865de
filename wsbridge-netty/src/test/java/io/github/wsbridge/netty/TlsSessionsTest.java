package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.TestKeys;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which connections resume TLS sessions: those whose certificates are not checked again. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsSessionsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static TestKeys keys;
    private static TestKeys otherKeys;

    private final AtomicInteger checks = new AtomicInteger();
    private NettyBridgeServer server;
    private SslContext clientContext;
    private NettyConnector connector;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.create();
        otherKeys = TestKeys.create();
    }

    @AfterEach
    void down() {
        if (connector != null) {
            connector.close();
        }
        if (server != null) {
            server.close();
        }
    }

    private void up(SslProvider serverProvider, SslProvider clientProvider, String... protocols) throws Exception {
        assumeTrue(serverProvider == SslProvider.JDK && clientProvider == SslProvider.JDK || OpenSsl.isAvailable());
        server = serve(keys, serverProvider);
        SslContextBuilder settings = SslContextBuilder.forClient().trustManager(new Counting(checks));
        clientContext = Tls.client(protocols.length == 0 ? settings : settings.protocols(protocols), clientProvider);
        connector = NettyConnector.builder().tls(clientContext).build();
    }

    private static NettyBridgeServer serve(TestKeys keys, SslProvider provider) throws Exception {
        NettyBridgeServer server = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(Tls.server(TlsIdentity.read(keys.certificate(), keys.key(), null), provider))
                .bind();
        server.serve(handshake -> CompletableFuture.completedFuture(new Admission.Granted("", leg -> {
            RecordingReceiver end = new RecordingReceiver(leg).open();
            end.leg().send(Fragment.text("welcome"));
        })));
        return server;
    }

    private Leg connect(String host, NettyBridgeServer to) throws Exception {
        URI uri = URI.create("wss://" + host + ":" + to.address().getPort() + "/");
        return connector
                .connect(new Connector.Target(uri, Map.of(), "", PATIENCE))
                .toCompletableFuture()
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private void greet(String host) throws Exception {
        RecordingReceiver end = new RecordingReceiver(connect(host, server)).open();
        assertThat(end.nextText()).isEqualTo("welcome"); // the tickets have come before it
        end.leg().abort();
    }

    @ParameterizedTest
    @CsvSource({
        "OPENSSL, OPENSSL, TLSv1.3",
        "OPENSSL, OPENSSL, TLSv1.2",
        "OPENSSL, JDK, TLSv1.3",
        "OPENSSL, JDK, TLSv1.2",
        "JDK, OPENSSL, TLSv1.3",
        "JDK, JDK, TLSv1.3",
        "JDK, JDK, TLSv1.2",
    })
    void sameHostAndPort_isResumed(SslProvider serverProvider, SslProvider clientProvider, String protocol)
            throws Exception {
        up(serverProvider, clientProvider, protocol);
        for (int i = 0; i < 5; i++) {
            greet("localhost");
        }
        assertThat(checks).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENSSL", "JDK"})
    void otherNameOfTheSameServer_isCheckedAndRefused(SslProvider provider) throws Exception {
        up(provider, provider);
        greet("localhost");
        assertThatThrownBy(() -> connect("127.0.0.1", server))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("127.0.0.1"); // the user sees what is wrong
        assertThat(checks).hasValue(2);
        greet("localhost");
        assertThat(checks).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENSSL", "JDK"})
    void otherServer_isCheckedAndRefused(SslProvider provider) throws Exception {
        up(provider, provider);
        greet("localhost");
        try (NettyBridgeServer stranger = serve(otherKeys, provider)) {
            assertThatThrownBy(() -> connect("localhost", stranger))
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("is not trusted");
        }
        assertThat(checks).hasValue(2);
    }

    /** A restart changes the key of the tickets and may change the certificate. */
    @ParameterizedTest
    @EnumSource(names = {"OPENSSL", "JDK"})
    void ticketThatTheServerDoesNotKnow_isIgnored(SslProvider provider) throws Exception {
        up(provider, provider);
        greet("localhost");
        int port = server.address().getPort();
        server.close();
        server = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .tls(Tls.server(TlsIdentity.read(otherKeys.certificate(), otherKeys.key(), null), provider))
                .bind();
        server.serve(handshake -> CompletableFuture.completedFuture(new Admission.Granted("", Leg::abort)));
        assertThatThrownBy(() -> connect("localhost", server)).isInstanceOf(ExecutionException.class);
        assertThat(checks).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENSSL", "JDK"})
    void sessions_areBounded(SslProvider provider) throws Exception {
        up(provider, provider);
        assertThat(clientContext.sessionContext().getSessionCacheSize()).isEqualTo(Tls.SESSIONS);
        assertThat(clientContext.sessionContext().getSessionTimeout()).isEqualTo((int) Tls.SESSION.toSeconds());
    }

    @Test
    void close_freesTheSessions() throws Exception {
        up(SslProvider.OPENSSL, SslProvider.OPENSSL);
        greet("localhost");
        assertThat(Collections.list(clientContext.sessionContext().getIds())).isNotEmpty();
        connector.close();
        assertThat(Collections.list(clientContext.sessionContext().getIds())).isEmpty();
    }

    /** Trusts one certificate, and counts how often it is asked. */
    private static final class Counting extends X509ExtendedTrustManager {
        private final AtomicInteger checks;
        private final X509ExtendedTrustManager manager;

        Counting(AtomicInteger checks) throws Exception {
            this.checks = checks;
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            try (InputStream in = Files.newInputStream(keys.certificate())) {
                store.setCertificateEntry(
                        "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            manager = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            checks.incrementAndGet();
            manager.checkServerTrusted(chain, type, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            throw new UnsupportedOperationException();
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return manager.getAcceptedIssuers();
        }
    }
}
